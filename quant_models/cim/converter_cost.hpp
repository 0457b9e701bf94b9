#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::quant::cim {

/// One output converter. From a table of published converters (bits: um^2 / mW / GS/s): 4: 500 / 0.7 / 1, 6: 580 / 1.26
/// / 1, 8: 1200 / 2 / 1.28, 10: 1600 / 6.92 / 1.5. Between and beyond them: linear over bits in the area and the rate,
/// geometric in the power (ours).
struct ConverterCost {
  double square_micrometres = 0, milliwatts = 0, gigasamples = 0;

  /// Picojoules of one conversion.
  double picojoules() const { return milliwatts / gigasamples; }
};

/// bits 1 .. 16.
ConverterCost converter_cost(int bits);

/// What a part of a network needs of converters.
struct ConverterUse {
  std::string name;
  int64_t columns = 0;      ///< of arrays, each with a converter
  int64_t conversions = 0;  ///< for one picture: columns times places and cycles of the inputs
  int64_t cells = 0;        ///< memory cells
  int bits = 0;             ///< of its output converters
  int weight_bits = 0;      ///< of its weights, sign included

  /// As REM-CiM compares networks: area as columns times bits, energy as conversions times bits.
  double area() const { return static_cast<double>(columns) * bits; }
  double energy() const { return static_cast<double>(conversions) * bits; }
  double square_millimetres() const;
  double microjoules() const;
};

}  // namespace flashcell::quant::cim
