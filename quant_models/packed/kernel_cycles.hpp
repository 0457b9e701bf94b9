#pragma once
#include <cstdint>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// Clocks that kernel `qcnn` needs for one layer of one item, the loading of its weights included; the depth of its
/// pipelines (under 20 clocks a loop) is left out. Formulas: kernels_hls/qcnn/README.md. Of kinds that no build has
/// yet: what kQcnnLanes values a clock would need.
uint64_t kernel_cycles(const PackedModel& model, const contract::LayerDescriptor& layer);

/// One item: all layers, inputs and outputs.
uint64_t kernel_cycles(const PackedModel& model);

}  // namespace flashcell::quant
