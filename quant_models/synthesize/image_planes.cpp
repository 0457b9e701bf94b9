#include "quant_models/synthesize/image_planes.hpp"

namespace flashcell::quant {
namespace {

template <class Number>
at::Tensor of_channels(size_t channels, Number number) {
  at::Tensor tensor = at::empty({1, static_cast<int64_t>(channels), 1, 1}, at::kFloat);
  for (size_t c = 0; c < channels; ++c) tensor.data_ptr<float>()[c] = number(c);
  return tensor;
}

}  // namespace

ImagePlanes::ImagePlanes(const InputRange& range) {
  const size_t channels = range.low.size();
  centre_ = of_channels(channels, [&](size_t c) { return range.centre(c); });
  spread_ = of_channels(channels, [&](size_t c) { return range.spread(c); });
  low_ = of_channels(channels, [&](size_t c) { return range.low[c]; });
  high_ = of_channels(channels, [&](size_t c) { return range.high[c]; });
}

at::Tensor ImagePlanes::from_numbers(const at::Tensor& numbers) const {
  return at::minimum(at::maximum(centre_ + spread_ * numbers, low_), high_);
}

at::Tensor ImagePlanes::variation(const at::Tensor& images) const {
  const at::Tensor planes = images / spread_;
  return planes.diff(1, 2).abs().mean() + planes.diff(1, 3).abs().mean();
}

}  // namespace flashcell::quant
