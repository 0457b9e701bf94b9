#include "quant_models/data_free/similarity.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/synthesize/attention_view.hpp"
#include "quant_models/synthesize/patch_similarity.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kMostPictures = 8;
constexpr size_t kBins = 401;  // of cosines from -1 to 1
constexpr double kBandwidth = 0.02, kBin = 2.0 / (kBins - 1);

using Histogram = std::array<double, kBins>;

void count(const at::Tensor& similarity, Histogram& histogram) {
  const int64_t patches = similarity.size(1);
  const at::Tensor pairs = at::triu_indices(patches, patches, 1, at::kLong);
  const at::Tensor each = similarity.flatten(1).index_select(1, pairs[0] * patches + pairs[1]).flatten().contiguous();
  const float* cosine = each.data_ptr<float>();
  for (int64_t i = 0; i < each.numel(); ++i)
    histogram[static_cast<size_t>(std::lround((std::clamp(cosine[i], -1.0F, 1.0F) + 1) / static_cast<float>(kBin)))] +=
        1;
}

Histogram counted(const AttentionView& view, const Shape& shape, std::span<const float> values) {
  Histogram histogram{};
  const auto size = static_cast<size_t>(element_count(shape));
  const at::NoGradGuard no_gradients;
  for (int64_t i = 0; i < kMostPictures && static_cast<size_t>(i + 1) * size <= values.size(); ++i) {
    const auto image = values.subspan(static_cast<size_t>(i) * size, size);
    const AttentionPass pass = view.look(to_torch(make_tensor(shape, {image.begin(), image.end()})));
    for (const AttentionValues& attention : pass.attentions)
      count(patch_similarity(attention.output, view.others()), histogram);
  }
  return histogram;
}

double density_at(double x, const Histogram& histogram, double all) {
  double sum = 0;
  for (size_t bin = 0; bin < kBins; ++bin) {
    const double away = (x + 1 - static_cast<double>(bin) * kBin) / kBandwidth;
    sum += histogram[bin] * std::exp(-away * away / 2);
  }
  return sum / (all * kBandwidth * std::sqrt(2 * std::numbers::pi));
}

}  // namespace

std::vector<DensityCurve> patch_similarities(const Graph& graph, std::span<const PictureKind> kinds) {
  const Teacher teacher(graph);
  const AttentionView view(teacher, "the similarity of patches");
  std::vector<DensityCurve> curves;
  for (const PictureKind& kind : kinds) {
    const Histogram histogram = counted(view, teacher.input_shape(), kind.values);
    double all = 0;
    for (const double n : histogram) all += n;
    if (all == 0) continue;
    DensityCurve curve{kind.name, {}, {}};
    for (size_t bin = 0; bin < kBins; bin += 2) {
      curve.x.push_back(static_cast<double>(bin) * kBin - 1);
      curve.density.push_back(density_at(curve.x.back(), histogram, all));
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace flashcell::quant
