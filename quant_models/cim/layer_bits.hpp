#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/cim/device.hpp"

namespace flashcell::quant::cim {

/// One row of the table: what fewer bits of one layer's weights cost while bits of all layers are stored wrongly.
struct LayerSensitivity {
  std::string name;
  int64_t weights = 0;
  std::vector<double> noise;  ///< added to the network's outputs over their power, for each of the bits
  int chosen = 0;             ///< bits
};

/// Which bits a network's layers were given on a device, and by what.
struct ChosenBits {
  double bit_errors = 0;  ///< part of the stored bits that is the other one
  std::vector<int> bits;  ///< that were tried, rising; the last are the device's own
  std::vector<LayerSensitivity> layers;
  int64_t pictures = 0;
  double kept_before = 0, kept = 0;  ///< percent of the pictures named as in real numbers: with the device's own bits,
                                     ///< with the chosen ones
  Device device;                     ///< with the chosen bits

  int64_t memory() const;         ///< bits of all weights as chosen
  int64_t memory_before() const;  ///< with the device's own
};

}  // namespace flashcell::quant::cim
