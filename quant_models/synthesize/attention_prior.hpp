#pragma once
#include <ATen/ATen.h>

#include "quant_models/random.hpp"

namespace flashcell::quant {

/// Where a picture's things could be: for each of `count` pictures a mixture of one to four Gaussians at random places
/// of the rows x columns of patches, with random widths along both directions and random shares. count x
/// (rows * columns), each with a mean of 1. After Zhong et al., SARDFQ, 2025 (attention priors), of which the ranges
/// drawn from are ours: centres anywhere, deviations from a twelfth to a third of the side.
at::Tensor draw_attention_priors(int64_t count, int64_t rows, int64_t columns, Random& random);

/// Mean square distance of the attention that is paid to patches from `priors`, both with a mean of 1. `weights`: N x
/// heads x tokens x tokens behind the softmax. Paid by the first token where `others` tokens before the patches are
/// none (a class token), else by all; mean over the heads.
at::Tensor attention_prior_loss(const at::Tensor& weights, int64_t others, const at::Tensor& priors);

/// Soft labels: softmax of numbers drawn from 0 to 1, of the class asked for from 5 to 10 (as SARDFQ), N x classes.
at::Tensor draw_soft_labels(const at::Tensor& classes_asked_for, int64_t classes, Random& random);

}  // namespace flashcell::quant
