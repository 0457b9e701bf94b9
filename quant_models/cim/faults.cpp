#include "quant_models/cim/faults.hpp"

#include <algorithm>

namespace flashcell::quant::cim {

int stored_digit(const Faults& faults, int digit, int bits, Random& random) {
  if (faults.bit_inversion <= 0) return digit;
  // From the highest: a cell of fewer bits has the same ones in error.
  for (int bit = bits; bit-- > 0;)
    if (random.uniform() < faults.bit_inversion) digit ^= 1 << bit;
  return digit;
}

double faulty_conductance(const Faults& faults, double conductance, double low, double high, Random& random) {
  const double chance = random.uniform();
  if (chance < faults.stuck_low) return low;
  if (chance < faults.stuck_low + faults.stuck_high) return high;
  return std::max(0.0, conductance + faults.shift * high);
}

}  // namespace flashcell::quant::cim
