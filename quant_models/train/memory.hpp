#pragma once
#include <cstdint>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Bits that a quantized network needs on a chip for one image.
struct ChipMemory {
  int64_t weights = 0;
  int64_t biases = 0;  ///< 32 each
  int64_t scales = 0;  ///< the 16-bit factor and 8-bit shift of requantization, one for each output channel
  int64_t values =
      0;  ///< the most that is alive at once, memory used again once a value has been read for the last time
  int64_t total() const { return weights + biases + scales + values; }
};

/// Values that are not stored (a sum that only a ReLU reads, a reshape) take no memory; those that are stored as real
/// numbers count 32 bits.
ChipMemory chip_memory(const Graph& graph);

}  // namespace flashcell::quant
