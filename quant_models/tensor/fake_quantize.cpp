#include "quant_models/tensor/fake_quantize.hpp"

#include <stdexcept>

namespace flashcell::quant {
namespace {

// Calls part(first, count, scale, zero_point) for every stretch of numbers that share a scale.
template <class Part>
void for_each_stretch(size_t total, const Shape& shape, const Quantization& q, Part part) {
  if (element_count(shape) != static_cast<int64_t>(total))
    throw std::invalid_argument("quantization: " + std::to_string(total) + " numbers for shape " + to_string(shape));
  if (!q.per_channel()) return part(size_t{0}, total, q.scale.at(0), q.zero_point.at(0));
  const auto axis = static_cast<size_t>(q.axis);
  if (axis >= shape.size() || shape[axis] != static_cast<int64_t>(q.scale.size()))
    throw std::invalid_argument("quantization: the scales do not fit shape " + to_string(shape));
  size_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= static_cast<size_t>(shape[i]);
  for (size_t first = 0, channel = 0; first < total; first += inner, channel = (channel + 1) % q.scale.size())
    part(first, inner, q.scale[channel], q.zero_point[channel]);
}

}  // namespace

void fake_quantize(std::span<float> values, const Shape& shape, const Quantization& q) {
  const auto low = static_cast<float>(q.lowest()), high = static_cast<float>(q.highest());
  for_each_stretch(values.size(), shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    const auto zero = static_cast<float>(zero_point);
    // Straight-line float form of quantize() and dequantize(), so that the compiler vectorizes it.
    for (float& x : values.subspan(first, count)) {
      float integer = round_half_up(x / scale) + zero;
      integer = integer > low ? integer : low;
      integer = integer < high ? integer : high;
      x = scale * (integer - zero);
    }
  });
}

std::vector<int32_t> quantize(const Tensor& tensor, const Quantization& q) {
  std::vector<int32_t> integers(tensor.values.size());
  for_each_stretch(integers.size(), tensor.shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    for (size_t i = first; i < first + count; ++i)
      integers[i] = quantize(tensor.values[i], scale, zero_point, q.lowest(), q.highest());
  });
  return integers;
}

Tensor dequantize(std::span<const int32_t> integers, const Shape& shape, const Quantization& q) {
  Tensor tensor{shape, std::vector<float>(integers.size())};
  for_each_stretch(integers.size(), shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    for (size_t i = first; i < first + count; ++i) tensor.values[i] = dequantize(integers[i], scale, zero_point);
  });
  return tensor;
}

Tensor effective(Tensor tensor, const std::optional<Quantization>& quantization) {
  if (quantization) fake_quantize(tensor.values, tensor.shape, *quantization);
  return tensor;
}

}  // namespace flashcell::quant
