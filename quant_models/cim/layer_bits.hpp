#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/cim/device.hpp"

namespace flashcell::quant::cim {

/// What has bits to choose.
enum class BitsOf {
  weights,     ///< the memory of weights is what is saved
  converters,  ///< those behind the columns; the energy of their conversions is
  both,        ///< the sum of the two, each over what it was
};
inline constexpr NamedValue<BitsOf> kBitsOf[] = {
    {BitsOf::weights, "weights"}, {BitsOf::converters, "converters"}, {BitsOf::both, "both"}};

/// What fewer bits of one kind cost in one layer.
struct TriedBits {
  /// Added to the network's outputs over their power, for each of the bits that were tried.
  std::vector<double> noise{};
  int own = 0, chosen = 0;  ///< the device's bits, and those it has in the end; the same where there was no choice
};

/// One row of the table: what fewer bits in one layer cost while stored bits of all layers are wrong.
struct LayerSensitivity {
  std::string name;
  int64_t weights = 0, columns = 0, conversions = 0;  ///< conversions: for one picture
  TriedBits weight{}, converter{};
};

/// What all layers take.
struct BitsCost {
  int64_t weight_bits = 0;
  double square_millimetres = 0, microjoules = 0;  ///< of output converters; energy for one picture
};

/// Which bits a network's layers were given on a device, and by what.
struct ChosenArrayBits {
  BitsOf of = BitsOf::weights;
  double bit_errors = 0;  ///< part of the stored bits that is the other one
  std::vector<int> weight_bits,
      converter_bits;  ///< that were tried, rising; the last are the device's own; empty: not chosen
  std::vector<LayerSensitivity> layers;
  int64_t pictures = 0;
  double kept_before = 0, kept = 0;  ///< percent of the pictures named as in real numbers: with the device's own bits,
                                     ///< with the chosen ones
  ArrayDevice device;                ///< with the chosen bits

  BitsCost cost() const;         ///< as chosen
  BitsCost cost_before() const;  ///< with the device's own
};

}  // namespace flashcell::quant::cim
