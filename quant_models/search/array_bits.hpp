#pragma once
#include <functional>
#include <span>

#include "quant_models/cim/evaluate.hpp"
#include "quant_models/cim/layer_bits.hpp"

namespace flashcell::quant {

struct ArrayBitsOptions {
  std::vector<int> bits = {2, 3, 4, 5, 6, 7, 8};  ///< that are tried, rising; those above the device's are left out
  double bit_errors = 0.001;                      ///< part of the stored bits that is the other one
  double most_loss = 1;  ///< percent points of the pictures that may be named otherwise on top of the device's own bits
  int chips = 3;         ///< for each figure
  uint64_t seed = 1;     ///< of the first
  RunAllOptions run{};
};

/// Converters' ranges for a device, from pictures or from what a file says.
using RangeSource = std::function<cim::Settings(const cim::Device&)>;

/// Gives each layer on arrays as few bits of its weights as the network bears while bits are stored wrongly (Higuchi et
/// al., Jpn. J. Appl. Phys. 2023, doi 10.35848/1347-4065/acad88: bits of each layer's weights so that a bit error rate
/// of 0.1 % is accepted; how they are found is ours). First a table: one layer at a time with fewer bits, all stored
/// bits in error with their probability; what that adds to the noise of the network's outputs against those in real
/// numbers. Then the least memory, found by halving, at which the bits of least added noise (exactly:
/// minimize_perturbation()) leave no more of the `count` images named otherwise than most_loss allows. Weights of fewer
/// bits are cut off where their mean squared error is least. Images need no labels. The same for any number of threads.
/// `progress` is told of each accuracy measured. Throws what program() throws, ModelError for a device whose weights
/// have the least bits already.
cim::ChosenBits choose_array_bits(const Graph& graph, const cim::Device& device, const RangeSource& ranges,
                                  std::span<const float> images, int64_t count, const ArrayBitsOptions& options,
                                  const std::function<void(int64_t done)>& progress = {});

}  // namespace flashcell::quant
