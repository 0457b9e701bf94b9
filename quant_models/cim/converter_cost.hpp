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

/// One converter in front of a row, bits 1 .. 16: 0.166 um^2 and 3.9 uW at 1 GS/s with one bit (ISAAC, Shafiee et al.,
/// ISCA 2016: 1024 of them take 0.00017 mm^2 and 4 mW), twice as much with each bit more (as MNSIM 2.0 has it, Zhu et
/// al., IEEE TCAD 42, 2023; its power of 8 bits alone is a thousand times that).
ConverterCost input_converter_cost(int bits);

/// What a part of a network needs of converters.
struct ConverterUse {
  std::string name;
  int64_t columns = 0;      ///< of arrays, each with a converter
  int64_t conversions = 0;  ///< for one picture: columns times places and cycles of the inputs
  int64_t cells = 0;        ///< memory cells
  int bits = 0;             ///< of its output converters
  int weight_bits = 0;      ///< of its weights, sign included
  int64_t rows = 0;         ///< of arrays, each with a converter in front
  int64_t drives = 0;       ///< of rows, for one picture: rows times places and cycles of the inputs
  int input_bits = 0;       ///< that a row is driven with at a time; 0: no converters

  /// As REM-CiM compares networks: area as columns times bits, energy as conversions times bits.
  double area() const { return static_cast<double>(columns) * bits; }
  double energy() const { return static_cast<double>(conversions) * bits; }
  double square_millimetres() const;
  double microjoules() const;
  /// The same of the converters in front of the rows.
  double input_square_millimetres() const;
  double input_microjoules() const;
};

}  // namespace flashcell::quant::cim
