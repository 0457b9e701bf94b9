#pragma once
#include <cstddef>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Throws Error(Fault::usage) unless the buffers hold `items` items of the model.
void check_buffers(const quant::PackedModel& model, size_t input_bytes, size_t items, size_t output_bytes);

}  // namespace flashcell::host
