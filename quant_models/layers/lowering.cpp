#include "quant_models/layers/lowering.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

Layout layout_of(const Shape& shape) {
  return shape.size() == 4 ? Layout::image : Layout::rows;
}

/// Whether the engine repeats the second value for the first by itself: it has one pixel, or one channel.
bool repeats(const Shape& first, Shape second, Layout layout) {
  if (second == first) return true;
  second.insert(second.begin(), first.size() - std::min(first.size(), second.size()), 1);
  const size_t channel = layout == Layout::image ? 1 : first.size() - 1;
  bool one_pixel = second[channel] == first[channel], one_channel = second[channel] == 1;
  for (size_t d = 0; d < first.size(); ++d) {
    if (d == channel) continue;
    one_pixel = one_pixel && second[d] == 1;
    one_channel = one_channel && second[d] == first[d];
  }
  return one_pixel || one_channel;
}

}  // namespace

Window Lowering::window(int rows, int columns, const Stride& stride, const Padding& padding, const Dilation& dilation) {
  return {rows,         columns,        stride.rows,   stride.columns, padding.top,
          padding.left, padding.bottom, padding.right, dilation.rows,  dilation.columns};
}

void Lowering::look_up(const std::function<double(double)>& function) {
  const Value in = input(0);
  const Target target = own_target();
  const contract::TensorDescriptor t = builder().tensor(in.tensor);
  if (t.bits > 8)
    refuse("it reads a value of " + std::to_string(t.bits) + " bits; the engine looks up to 8 of them up");
  const ActivationFormat& out = target.format;
  const int low = contract::lowest(out.type, out.bits), high = contract::highest(out.type, out.bits);
  std::vector<int32_t> entries;
  for (int q = contract::lowest(t.type, t.bits); q <= contract::highest(t.type, t.bits); ++q) {
    const double steps = function(in.scale * (q - in.zero_point)) / static_cast<double>(out.scale);
    // A function that has no value there never reads such a number from a sound network.
    const double rounded = std::isnan(steps) ? 0 : std::floor(steps + 0.5) + out.zero_point;
    entries.push_back(static_cast<int32_t>(std::clamp<double>(rounded, low, high)));
  }
  keep(target, builder().table(name(), in.tensor, entries, out), in.layout);
}

Lowering::Pair Lowering::pair() {
  size_t large = 0;
  if (fixed_input(0) != nullptr || input_shape(0) != shape()) large = 1;
  if (fixed_input(large) != nullptr || input_shape(large) != shape())
    refuse("it stretches both of its inputs; the engine repeats pixels or channels of one");
  const size_t small = 1 - large;
  const Value first = input(large);
  if (fixed_input(small) != nullptr) {
    const bool as_it_is = repeats(shape(), input_shape(small), first.layout);
    Shape stretched = shape();
    if (as_it_is) {
      stretched = input_shape(small);
      stretched.insert(stretched.begin(), shape().size() - stretched.size(), 1);
    }
    return {first, stretched_input(small, stretched, first.layout)};
  }
  if (!repeats(shape(), input_shape(small), first.layout))
    refuse("it stretches a value of shape " + to_string(input_shape(small)) +
           "; the engine repeats one pixel or one channel");
  const bool image = input_shape(small).size() == 4 && first.layout == Layout::image;
  return {first, input(small, image || first.layout == layout_of(shape()) ? first.layout : Layout::rows)};
}

}  // namespace flashcell::quant
