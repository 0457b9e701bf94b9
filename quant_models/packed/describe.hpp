#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// One layer for people.
struct LayerSummary {
  std::string name, kind;                   ///< "convolution", "max_pool", ...
  std::vector<std::string> inputs;          ///< names of tensors
  int height = 0, width = 0, channels = 0;  ///< of the output
  int kernel_height = 1, kernel_width = 1, stride_rows = 1, stride_columns = 1;
  double weight_bits = 0;   ///< 1.58: ternary; 0: none
  int activation_bits = 0;  ///< of the output
  bool signed_output = false;
  uint64_t weights = 0;       ///< in number
  uint64_t weight_bytes = 0;  ///< packed
  uint64_t multiply_accumulates = 0;
  uint64_t output_bytes = 0;
  uint64_t kernel_cycles = 0;  ///< kernel_cycles.hpp
};

/// A model for people.
struct ModelSummary {
  std::string name;
  std::vector<LayerSummary> layers;
  uint64_t weights = 0, multiply_accumulates = 0;
  uint64_t weight_bits = 0;      ///< packed weights and data without gaps
  uint64_t parameter_bits = 0;   ///< bias 32, multiplier 16, shift 6 bits a channel; a layer norm's 64, 31 and 6
  uint64_t kernel_cycles = 0;    ///< of one item, inputs and outputs included
  const char* kernel = nullptr;  ///< the build of kernel qcnn that runs it; nullptr: none is large enough
  uint64_t arena_bits = 0;       ///< all activations of one item, as planned
  /// What one item takes in memory on a chip: weights, parameters and activations.
  uint64_t storage_bits() const { return weight_bits + parameter_bits + arena_bits; }
};

/// Name of a kind of layer: "convolution", ...
const char* name_of(contract::LayerKind kind);

/// The model must be valid.
ModelSummary describe(const PackedModel& model);

}  // namespace flashcell::quant
