#pragma once
#include <cstdint>
#include <span>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Runs a model as contract/qcnn.hpp defines it, one value after the other: slow, and what every other engine is held
/// to. `inputs` holds `items` items, each all input tensors in the model's order, without gaps; `outputs` likewise.
/// Signed values are two's complement, those of more than 8 bits two bytes, the low one first. The model must be valid
/// (quant::validate). Throws Error(Fault::usage) when a size is not the model's.
void run_reference(const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items,
                   std::span<uint8_t> outputs);

/// One layer on an arena that holds its inputs at the tensors' offsets; writes its output there.
void run_reference_layer(const quant::PackedModel& model, const contract::LayerDescriptor& layer,
                         std::span<uint8_t> arena);

}  // namespace flashcell::host
