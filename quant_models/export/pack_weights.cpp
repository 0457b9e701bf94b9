#include "quant_models/export/pack_weights.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// Of a channel: half of the integers that a float holds exactly, so that the engine may compute with those (an output's
// step is then thousands of its sums' steps), and twice the least factor from sums to the output.
constexpr double kMostBias = 0x1p23, kLeastFactor = 0x1p-31;

void require_storable(const std::optional<Quantization>& quantization) {
  if (!quantization) throw ModelError("its weights have no quantization");
  const Quantization& q = *quantization;
  if (q.kind != QuantizationKind::affine) throw ModelError("its weights are logarithmic; the engine takes even steps");
  if (!q.is_signed || std::any_of(q.zero_point.begin(), q.zero_point.end(), [](int z) { return z != 0; }))
    throw ModelError("its weights are asymmetric; the engine takes symmetric ones");
  if (q.bits > 8) throw ModelError("its weights have " + std::to_string(q.bits) + " bits; the engine takes up to 8");
}

}  // namespace

contract::Requantization requantization_between(double factor) {
  try {
    return requantization_for(factor);
  } catch (const std::invalid_argument&) {
    throw ModelError("its scales differ by a factor that the engine cannot hold; calibrate it on other images");
  }
}

contract::Requantization dyadic_between(double factor, int bits) {
  try {
    return dyadic_for(factor, bits);
  } catch (const std::invalid_argument&) {
    throw ModelError("its scales differ by a factor that the engine cannot hold; calibrate it on other images");
  }
}

PackedWeights pack_weights(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                           const Lowering::Value& in, const ActivationFormat& out, size_t packed_count,
                           const std::function<size_t(size_t, size_t)>& place) {
  require_storable(quantization);
  const Quantization& q = *quantization;
  const size_t outputs = static_cast<size_t>(weight.shape[0]), each = weight.values.size() / outputs;
  const std::vector<int32_t> integers = quantize(weight, q);
  const auto out_scale = static_cast<double>(out.scale);
  PackedWeights packed;
  packed.bits = q.bits;
  packed.values.resize(packed_count);
  for (size_t o = 0; o < outputs; ++o) {
    const auto scale = static_cast<double>(q.scale[q.per_channel() ? o : 0]);
    const double real = bias.empty() ? 0 : static_cast<double>(bias.values[o]);
    const double constant = real + out.zero_point * out_scale;  // what the channel gives for an input of zeros
    // Weights that are next to nothing beside the bias (a channel that training switched off) take longer steps.
    const double coarser =
        std::max({scale, std::abs(constant) / in.scale / kMostBias, out_scale / in.scale * kLeastFactor});
    int64_t sum = 0;
    for (size_t i = 0; i < each; ++i) {
      int32_t w = integers[o * each + i];
      if (coarser > scale) w = static_cast<int32_t>(std::floor(w * scale / coarser + 0.5));
      sum += w;
      packed.values[place(o, i)] = static_cast<int8_t>(w);
    }
    const double step = in.scale * coarser;
    const double steps = std::floor(real / step + out.zero_point * (out_scale / step) + 0.5) -
                         static_cast<double>(in.zero_point) * static_cast<double>(sum);
    if (!(std::abs(steps) < 2147483648.0)) throw ModelError("its bias does not fit into 32 bits of its sums' steps");
    packed.bias.push_back(static_cast<int32_t>(steps));
    packed.scales.push_back(requantization_between(step / out_scale));
  }
  return packed;
}

}  // namespace flashcell::quant
