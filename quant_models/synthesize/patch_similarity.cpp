#include "quant_models/synthesize/patch_similarity.hpp"

#include <cmath>
#include <numbers>

#include "quant_models/layers/torch_matrix_product.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kPoints = 10;
constexpr double kBandwidth = 0.01, kLeastDensity = 1e-4, kLeastVariance = 1e-6, kLeastNorm = 1e-8;

}  // namespace

at::Tensor patch_similarity(const at::Tensor& attention, int64_t others) {
  const at::Tensor patches = attention.mean(1).slice(1, others);
  const at::Tensor units = patches / patches.norm(2, {2}, true).clamp_min(kLeastNorm);
  return matrix_product(units, units.transpose(1, 2));
}

SimilarityDensity estimate_density(const at::Tensor& similarity) {
  const at::Tensor all = similarity.detach();
  const at::Tensor points =
      at::linspace(all.min().item().toDouble(), all.max().item().toDouble(), kPoints, all.options());
  const at::Tensor samples = similarity.flatten(1).unsqueeze(2);
  const at::Tensor kernels = (-(samples - points).square() / (2 * kBandwidth * kBandwidth)).exp();
  return {points, kernels.mean(1) / (kBandwidth * std::sqrt(2 * std::numbers::pi))};
}

at::Tensor density_entropy(const at::Tensor& similarity) {
  const auto [points, density] = estimate_density(similarity);
  const at::Tensor p = density + kLeastDensity, f = -p * p.log();
  const at::Tensor widths = points.slice(0, 1) - points.slice(0, 0, kPoints - 1);
  return ((f.slice(1, 1) + f.slice(1, 0, kPoints - 1)) / 2 * widths).sum(1).mean();
}

at::Tensor gaussian_entropy(const at::Tensor& similarity) {
  const int64_t patches = similarity.size(1);
  const at::Tensor pairs = at::triu_indices(patches, patches, 1, at::kLong);
  const at::Tensor each = similarity.flatten(1).index_select(1, pairs[0] * patches + pairs[1]);
  const at::Tensor variance = each.var(1, false) + kLeastVariance;
  return (variance * (2 * std::numbers::pi * std::numbers::e)).log().mean() / 2;
}

at::Tensor total_variation(const at::Tensor& x) {
  const int64_t rows = x.size(2), columns = x.size(3);
  const at::Tensor upper = x.slice(2, 0, rows - 1), lower = x.slice(2, 1);
  const at::Tensor along_row = x.slice(3, 1) - x.slice(3, 0, columns - 1);
  const at::Tensor along_column = lower - upper;
  const at::Tensor falling = lower.slice(3, 1) - upper.slice(3, 0, columns - 1);
  const at::Tensor rising = lower.slice(3, 0, columns - 1) - upper.slice(3, 1);
  return along_row.norm() + along_column.norm() + falling.norm() + rising.norm();
}

}  // namespace flashcell::quant
