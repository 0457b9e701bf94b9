#pragma once
#include <functional>
#include <span>

#include "quant_models/cim/evaluate.hpp"
#include "quant_models/cim/layer_bits.hpp"

namespace flashcell::quant {

struct ArrayBitsOptions {
  cim::BitsOf of = cim::BitsOf::weights;
  std::vector<int> bits = {2, 3, 4, 5, 6, 7, 8};  ///< that are tried, rising; those not below the device's are left out
  double bit_errors = 0.001;                      ///< part of the stored bits that is the other one
  double most_loss = 1;  ///< percent points of the pictures that may be named otherwise on top of the device's own bits
  int64_t table_images = 128;  ///< of the images are looked at for the table, spread evenly
  int chips = 3;               ///< for each figure
  uint64_t seed = 1;           ///< of the first
  RunAllOptions run{};
};

/// Converters' ranges for a device, from pictures or from what a file says.
using RangeSource = std::function<cim::Settings(const cim::ArrayDevice&)>;

/// Gives each layer on arrays as few bits of its weights, of the converters behind its columns, or of both, as the
/// network bears while bits are stored wrongly (Higuchi et al., Jpn. J. Appl. Phys. 2023, doi
/// 10.35848/1347-4065/acad88: bits of each layer's weights so that a bit error rate of 0.1 % is accepted; how they are
/// found, and converters, are ours). First a table: one layer at a time with fewer bits of one kind, all stored bits in
/// error with their probability; how far that moves the outputs of the same chips, whose cells have the same bits in
/// error, over the power of the outputs in real numbers. Then the least cost (memory of weights, energy of conversions,
/// or the sum of their shares of the device's own), found by halving, at which the bits that move the outputs least
/// (minimize_perturbation(), costs rounded to a hundred thousandth of the whole) leave no more of the `count` images
/// named otherwise than in real numbers than most_loss allows.
/// Weights of fewer bits are cut off where their mean squared error is least; so are currents, where converters are
/// chosen and the device's range is `calibrated`: it becomes `least_error`. What the device has of its own for single
/// layers stays, as far as it is not chosen anew. Images need no labels. The same for any number of threads. `progress`
/// is told how many accuracies of how many are measured. Throws what program() throws, ModelError for a device with
/// nothing to choose.
cim::ChosenArrayBits choose_array_bits(const Graph& graph, const cim::ArrayDevice& device, const RangeSource& ranges,
                                       std::span<const float> images, int64_t count, const ArrayBitsOptions& options,
                                       const std::function<void(int64_t done, int64_t all)>& progress = {});

}  // namespace flashcell::quant
