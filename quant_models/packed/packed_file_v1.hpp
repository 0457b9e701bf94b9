#pragma once
#include "quant_models/packed/packed_model.hpp"
#include "quant_models/packed/packed_reader.hpp"

namespace flashcell::quant {

/// The tables of a file of version 1 as this version's: layers with weights, pools, add, concat and upsample, 8 or 4
/// bits a value, 8, 4 or 2 a weight. They mean the same numbers. Not validated. Throws ModelError.
void read_image_v1(PackedReader& reader, PackedModel& model);

}  // namespace flashcell::quant
