#pragma once
#include <span>

namespace flashcell::quant::cim {

/// What drives an array's rows: numbers become codes, codes voltages v = code / levels, from 0 to 1, or from -1 to 1
/// where numbers have a sign (sign and magnitude). bits 0: no converter; codes are then the numbers over the limit.
struct InputConverter {
  int bits = 8;
  bool has_sign = false;
  double limit = 1;    ///< the number that is 1; beyond it numbers are cut off
  int cycle_bits = 0;  ///< of a code that drive the rows at a time, lowest first, the sign with each; 0: all

  /// Steps from 0 to 1: 2^bits - 1, with a sign 2^(bits - 1) - 1.
  int levels() const { return bits == 0 ? 1 : (1 << (has_sign ? bits - 1 : bits)) - 1; }

  /// Times that the rows are driven for one code.
  int cycles() const;
  /// Highest magnitude of a cycle's digits; what v = 1 then is.
  int cycle_levels() const { return cycles() == 1 ? levels() : (1 << cycle_bits) - 1; }
  /// The digits of codes in a cycle, with the codes' signs.
  void take_digits(std::span<const float> codes, int cycle, float* digits) const;

  /// codes[i] = rint(levels clip(numbers[i] / limit, low, 1)), half to even.
  void convert(std::span<const float> numbers, float* codes) const;
};

}  // namespace flashcell::quant::cim
