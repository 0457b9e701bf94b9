#include "quant_models/tensor/fake_quantize.hpp"

#include <bit>
#include <cmath>
#include <numbers>
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

// Straight-line float form of quantize() and dequantize(), so that the compiler vectorizes it.
void fake_quantize_affine(std::span<float> values, const Quantization& q, float scale, int32_t zero_point) {
  const auto low = static_cast<float>(q.lowest()), high = static_cast<float>(q.highest());
  const auto zero = static_cast<float>(zero_point);
  for (float& x : values) {
    float integer = round_half_up(x / scale) + zero;
    integer = integer > low ? integer : low;
    integer = integer < high ? integer : high;
    x = scale * (integer - zero);
  }
}

// The same for log sqrt 2: the levels once, then look-ups.
void fake_quantize_log_sqrt2(std::span<float> values, const Quantization& q, float scale) {
  std::vector<float> levels(static_cast<size_t>(q.highest()) + 1);
  for (size_t i = 0; i < levels.size(); ++i)
    levels[i] = dequantize_log_sqrt2(static_cast<int32_t>(i), scale, q.highest());
  for (float& x : values) x = levels[static_cast<size_t>(quantize_log_sqrt2(x, scale, q.highest()))];
}

int32_t quantize_as(float x, const Quantization& q, float scale, int32_t zero_point) {
  if (q.kind == QuantizationKind::log_sqrt2) return quantize_log_sqrt2(x, scale, q.highest());
  return quantize(x, scale, zero_point, q.lowest(), q.highest());
}

float dequantize_as(int32_t integer, const Quantization& q, float scale, int32_t zero_point) {
  if (q.kind == QuantizationKind::log_sqrt2) return dequantize_log_sqrt2(integer, scale, q.highest());
  return dequantize(integer, scale, zero_point);
}

}  // namespace

int32_t quantize_log_sqrt2(float x, float scale, int32_t highest) {
  const double ratio = static_cast<double>(x) / static_cast<double>(scale);
  if (!(ratio > 0)) return highest;
  // ratio = mantissa * 2^exponent with a mantissa in [1, 2): the quotient of two floats is never denormal as a double.
  constexpr double kQuarter = 1.189207115002721, kThreeQuarters = 1.681792830507429;  // 2^(1/4), 2^(3/4)
  constexpr int kMantissaBits = 52, kBias = 1023;
  const auto bits = std::bit_cast<uint64_t>(ratio);
  const int exponent = static_cast<int>(bits >> kMantissaBits) - kBias;
  const double mantissa = std::bit_cast<double>((bits & ((uint64_t{1} << kMantissaBits) - 1)) |
                                                (static_cast<uint64_t>(kBias) << kMantissaBits));
  const int integer = -2 * exponent - (mantissa > kQuarter ? 1 : 0) - (mantissa > kThreeQuarters ? 1 : 0);
  return integer < 0 ? 0 : integer < highest ? integer : highest;
}

float dequantize_log_sqrt2(int32_t q, float scale, int32_t highest) {
  if (q >= highest) return 0;
  const double half = q % 2 != 0 ? std::numbers::sqrt2 : 1.0;
  return static_cast<float>(static_cast<double>(scale) * half * std::exp2(-((q + 1) / 2)));
}

void fake_quantize(std::span<float> values, const Shape& shape, const Quantization& q) {
  for_each_stretch(values.size(), shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    const std::span<float> stretch = values.subspan(first, count);
    if (q.kind == QuantizationKind::log_sqrt2) return fake_quantize_log_sqrt2(stretch, q, scale);
    fake_quantize_affine(stretch, q, scale, zero_point);
  });
}

std::vector<int32_t> quantize(const Tensor& tensor, const Quantization& q) {
  std::vector<int32_t> integers(tensor.values.size());
  for_each_stretch(integers.size(), tensor.shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    for (size_t i = first; i < first + count; ++i) integers[i] = quantize_as(tensor.values[i], q, scale, zero_point);
  });
  return integers;
}

Tensor dequantize(std::span<const int32_t> integers, const Shape& shape, const Quantization& q) {
  Tensor tensor{shape, std::vector<float>(integers.size())};
  for_each_stretch(integers.size(), shape, q, [&](size_t first, size_t count, float scale, int32_t zero_point) {
    for (size_t i = first; i < first + count; ++i) tensor.values[i] = dequantize_as(integers[i], q, scale, zero_point);
  });
  return tensor;
}

Tensor effective(Tensor tensor, const std::optional<Quantization>& quantization) {
  if (quantization) fake_quantize(tensor.values, tensor.shape, *quantization);
  return tensor;
}

}  // namespace flashcell::quant
