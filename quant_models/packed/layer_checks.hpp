#pragma once
#include "quant_models/packed/packed_model.hpp"

// The parts of validate() that look at one layer. All throw ModelError: what is wrong, without the layer's name.
namespace flashcell::quant {

/// Throws ModelError(what) where not `sound`.
void require(bool sound, const char* what);

/// Smallest and largest value of a tensor, and the largest |q - zero point|.
int lowest(const contract::TensorDescriptor& tensor);
int highest(const contract::TensorDescriptor& tensor);
int64_t reach(const contract::TensorDescriptor& tensor);

/// Indices in range, fields that the kind does not use 0, window, strides, multipliers.
void check_fields(const PackedModel& model, const contract::LayerDescriptor& layer);
/// The output's shape follows from the inputs'; places of products and moves lie inside.
void check_shapes(const PackedModel& model, const contract::LayerDescriptor& layer);
/// Weights and parameters in their tables and ranges; no sum can overflow.
void check_numbers(const PackedModel& model, const contract::LayerDescriptor& layer);

/// Whether a layer's multipliers may have 31 bits.
bool is_dyadic(const PackedModel& model, const contract::LayerDescriptor& layer);
/// Multipliers in range; zeros where none is used.
void check_scale(const contract::Requantization& scale, bool used, bool dyadic);

}  // namespace flashcell::quant
