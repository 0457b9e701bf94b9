#pragma once
#include <string>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// Proves that an engine can run the model: every index and offset in range, shapes that agree from layer to layer,
/// multipliers, shifts, clamps and zero points in range, no sum that can overflow 32 bits for any input, no two
/// tensors that share memory while both are needed, every tensor written before it is read.
/// Throws ModelError with one line, "NAME: layer 3 (conv2): what is wrong".
void validate(const PackedModel& model, const std::string& name);

}  // namespace flashcell::quant
