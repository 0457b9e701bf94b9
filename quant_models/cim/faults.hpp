#pragma once
#include "quant_models/random.hpp"

namespace flashcell::quant::cim {

/// What is wrong with cells beyond their spread; 0 everywhere: nothing.
struct Faults {
  double stuck_low = 0;      ///< part of the cells that are at g_min whatever was written
  double stuck_high = 0;     ///< part of the cells that are at g_max
  double shift = 0;          ///< all cells' conductance moves by so much of g_max, not below 0
  double bit_inversion = 0;  ///< probability that a bit of a stored number is the other one

  bool any() const { return stuck_low > 0 || stuck_high > 0 || shift != 0 || bit_inversion > 0; }
};

/// A cell's number of `bits` bits as it is stored.
int stored_digit(const Faults& faults, int digit, int bits, Random& random);

/// A cell's conductance; `low` and `high` are g_min and g_max.
double faulty_conductance(const Faults& faults, double conductance, double low, double high, Random& random);

}  // namespace flashcell::quant::cim
