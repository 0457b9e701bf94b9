#include "quant_models/quantize/layer_view.hpp"

#include <algorithm>
#include <numeric>

namespace flashcell::quant {

LayerView::LayerView(const Graph& graph, NodeId id) : node_(graph.node(id)), in_(graph.node(node_.inputs[0]).shape) {
  const Tensor& weight = *weight_of(node_.layer);
  channels_ = static_cast<size_t>(weight.shape[0]);
  depth_ = weight.values.size() / channels_;
  convolution_ = std::get_if<Convolution>(&node_.layer);
  transposed_ = std::get_if<TransposedConvolution>(&node_.layer);
  groups_ = convolution_ != nullptr ? static_cast<size_t>(convolution_->groups) : 1;
  const int64_t numbers = element_count(node_.shape) / node_.shape[0];
  places_ = static_cast<size_t>(numbers) / channels_;
}

void LayerView::gather(std::span<const float> image, size_t place, size_t group, std::vector<float>& inputs) const {
  if (transposed_ != nullptr) return gather_transposed(image, static_cast<int64_t>(place), inputs);
  if (convolution_ == nullptr) {
    std::copy_n(image.begin() + static_cast<ptrdiff_t>(place * depth_), depth_, inputs.begin());
    return;
  }
  const Convolution& c = *convolution_;
  const int64_t rows = in_[2], columns = in_[3], per_group = c.weight.shape[1];
  const int64_t top = static_cast<int64_t>(place) / node_.shape[3] * c.stride.rows - c.padding.top;
  const int64_t left = static_cast<int64_t>(place) % node_.shape[3] * c.stride.columns - c.padding.left;
  size_t next = 0;
  for (int64_t i = 0; i < per_group; ++i) {
    const float* plane = image.data() + (static_cast<int64_t>(group) * per_group + i) * rows * columns;
    for (int64_t i_row = 0; i_row < c.weight.shape[2]; ++i_row)
      for (int64_t i_column = 0; i_column < c.weight.shape[3]; ++i_column) {
        const int64_t r = top + i_row * c.dilation.rows, k = left + i_column * c.dilation.columns;
        inputs[next++] = r >= 0 && r < rows && k >= 0 && k < columns ? plane[r * columns + k] : 0.0F;
      }
  }
}

void LayerView::gather_transposed(std::span<const float> image, int64_t place, std::vector<float>& inputs) const {
  const TransposedConvolution& c = *transposed_;
  const int64_t rows = in_[2], columns = in_[3];
  const int64_t top = place / node_.shape[3] + c.padding.top, left = place % node_.shape[3] + c.padding.left;
  // The pixel whose tap falls here, if one's does.
  const auto source = [](int64_t at, int stride, int64_t extent) -> int64_t {
    return at < 0 || at % stride != 0 || at / stride >= extent ? -1 : at / stride;
  };
  size_t next = 0;
  for (int64_t i = 0; i < c.weight.shape[1]; ++i) {
    const float* plane = image.data() + i * rows * columns;
    for (int64_t i_row = 0; i_row < c.weight.shape[2]; ++i_row)
      for (int64_t i_column = 0; i_column < c.weight.shape[3]; ++i_column) {
        const int64_t r = source(top - i_row * c.dilation.rows, c.stride.rows, rows),
                      k = source(left - i_column * c.dilation.columns, c.stride.columns, columns);
        inputs[next++] = r >= 0 && k >= 0 ? plane[r * columns + k] : 0.0F;
      }
  }
}

std::vector<size_t> choose_places(size_t all, size_t wanted, Random random) {
  std::vector<size_t> places(all);
  std::iota(places.begin(), places.end(), size_t{0});
  if (all <= wanted) return places;
  for (size_t i = 0; i < wanted; ++i) std::swap(places[i], places[i + random.below(all - i)]);
  places.resize(wanted);
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace flashcell::quant
