#pragma once
#include <ATen/ATen.h>

// What a vision transformer shows of whether its input is a picture: in a picture patches of the same thing are alike
// and others are not, in noise all are equally alike. Source: Li, Ma, Chen, Xiao, Gu, PSAQ-ViT, ECCV 2022, section 3.2.
// Gradients pass through all of it.
namespace flashcell::quant {

/// Cosine similarity of all pairs of patches, by the mean over the heads of what attention gives.
/// `attention`: N x heads x tokens x D. `others`: tokens before the patches that are none (a class token).
/// Gives N x patches x patches, 1 on the diagonal.
at::Tensor patch_similarity(const at::Tensor& attention, int64_t others);

/// Density of each picture's similarities at ten points from the smallest of the whole batch to the largest.
struct SimilarityDensity {
  at::Tensor points;   ///< 10; constants to the gradient
  at::Tensor density;  ///< N x 10; Gaussian kernels of bandwidth 0.01
};
SimilarityDensity estimate_density(const at::Tensor& similarity);

/// Differential entropy of the similarities by that density (1e-4 added, trapezoids), mean over the batch: equation 7.
/// Large for a picture.
at::Tensor density_entropy(const at::Tensor& similarity);

/// The same as if the similarities were normally distributed: log(2 pi e variance) / 2, mean over the batch; the
/// diagonal left away, 1e-6 added to the variance. Cheap, and smooth where the kernels of the estimate see nothing (as
/// MaskAQ, the closed form).
at::Tensor gaussian_entropy(const at::Tensor& similarity);

/// Total variation prior: Euclidean norms, over the whole batch (N x C x H x W), of the differences of pixels that are
/// neighbours along a row, a column and both diagonals, summed (as Yin et al., DeepInversion, CVPR 2020).
at::Tensor total_variation(const at::Tensor& images);

}  // namespace flashcell::quant
