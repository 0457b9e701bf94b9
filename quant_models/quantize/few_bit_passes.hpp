#pragma once
#include "quant_models/quantize/plan.hpp"
#include "quant_models/quantize/sign_factors.hpp"
#include "quant_models/quantize/sparse_outliers.hpp"
#include "quant_models/quantize/ternary.hpp"

// Passes that give the quantized network's weights fewer bits than integers of one scale have; they come behind
// post_training_pass(), which says how values are stored.
namespace flashcell::quant {

/// One bit a weight, by signs and factors (sign_factors.hpp).
Pass one_bit_pass(const OneBitOptions& options);
/// -1, 0 and 1 times a scale (ternary.hpp).
Pass ternary_pass(const TernaryOptions& options);
/// Small groups of few bits and outliers in 16 (sparse_outliers.hpp).
Pass sparse_outlier_pass(const SparseOutlierOptions& options);

}  // namespace flashcell::quant
