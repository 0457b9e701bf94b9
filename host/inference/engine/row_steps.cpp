// Layer norm, softmax, gelu, tables, sums and products of numbers: from descriptors to what kernels read.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/aligned_vector.hpp"
#include "host/inference/engine/step.hpp"
#include "host/inference/engine/tensor_range.hpp"
#include "kernels_hls/contract/qcnn_functions.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

constexpr int kEntries = 256;

ValueType value_type(const TensorDescriptor& tensor) {
  if (bytes_per_value(tensor.type) == 1) return ValueType::bytes;
  return tensor.type == ActivationType::signed16 ? ValueType::signed_words : ValueType::unsigned_words;
}
int stored_zero(const TensorDescriptor& tensor) {
  return tensor.zero_point + stored_offset(tensor);
}
double factor_of(Requantization scale) {
  return std::ldexp(static_cast<double>(scale.multiplier), -scale.shift);
}

struct PackedNorm {
  LayerNormLayer layer = {};
  AlignedVector<double> bias, scale;
  std::vector<ChannelParameters> exact;
};

StepWork layer_norm(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels,
                    const Map& in, const Map& out) {
  constexpr int64_t kMostBias = int64_t{1} << 51;
  const TensorDescriptor& y = quant::output_tensor(model, layer);
  auto packed = std::make_shared<PackedNorm>();
  bool bounded = true;
  for (uint32_t c = 0; c < y.channels; ++c) {
    const ChannelParameters& parameters = model.channels[layer.first_channel + c];
    if (std::abs(parameters.bias) >= kMostBias) return {};
    packed->exact.push_back(parameters);
    packed->bias.push_back(static_cast<double>(parameters.bias) - kWholeNumbers);
    packed->scale.push_back(factor_of(parameters.scale));
    const auto largest = static_cast<double>(kEndOfLayerNorm + std::abs(parameters.bias));
    bounded = bounded && largest * std::abs(packed->scale.back()) < 0x1p30;
  }
  packed->bias.resize(packed->bias.size() + kBlock);
  packed->scale.resize(packed->scale.size() + kBlock);
  packed->layer = {y.channels,
                   value_type(quant::input_tensor(model, layer)),
                   value_type(y),
                   packed->bias.data(),
                   packed->scale.data(),
                   stored_zero(y) + 0.5,
                   packed->exact.data(),
                   stored_zero(y),
                   layer.clamp_low + stored_offset(y),
                   layer.clamp_high + stored_offset(y),
                   bounded,
                   layer.fraction_bits};
  return [=](int items, uint16_t*) { kernels.layer_norm(packed->layer, in, out, items); };
}

StepWork softmax(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels,
                 const Map& in, const Map& out) {
  const TensorDescriptor& y = quant::output_tensor(model, layer);
  if (!in_bytes(quant::input_tensor(model, layer))) return {};
  auto exponentials = std::make_shared<AlignedVector<uint32_t>>();
  for (int i = 0; i < kEntries; ++i) {
    const int64_t exponential = shift_exponential(-i, layer.constant, kSoftmaxDepth);
    if (exponential * y.channels >= kDividend) return {};
    exponentials->push_back(static_cast<uint32_t>(exponential));
  }
  const SoftmaxLayer row = {y.channels,       exponentials->data(), layer.fraction_bits, value_type(y),
                            stored_offset(y), layer.clamp_low,      layer.clamp_high};
  return [=](int items, uint16_t*) { (void)exponentials, kernels.softmax(row, in, out, items); };
}

using Entries = std::shared_ptr<AlignedVector<uint8_t>>;

StepWork look_up(const Entries& entries, const TableLayer& row, const RowKernels& kernels, const Map& in,
                 const Map& out) {
  return [=](int items, uint16_t*) { (void)entries, kernels.table(row, in, out, items); };
}

/// Of every number that can be a row's largest, the results of all bytes.
StepWork gelu(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels, const Map& in,
              const Map& out) {
  const TensorDescriptor &x = quant::input_tensor(model, layer), &y = quant::output_tensor(model, layer);
  if (!in_bytes(x) || !in_bytes(y)) return {};
  const Requantization scale = quant::layer_input(model, layer).scale;
  const int most = std::max(highest(x.type, x.bits) - x.zero_point, 0);
  auto entries = std::make_shared<AlignedVector<uint8_t>>(static_cast<size_t>(most + 1) * kEntries);
  for (int largest = 0; largest <= most; ++largest) {
    for (int stored = 0; stored < kEntries; ++stored) {
      const int number = stored - stored_zero(x);
      if (number > largest) break;  // is not in such a row
      const int64_t value = y.zero_point + requantize(shift_gelu(number, largest, layer.constant), scale);
      const int64_t clamped = std::clamp<int64_t>(value, layer.clamp_low, layer.clamp_high);
      (*entries)[static_cast<size_t>(largest * kEntries + stored)] = static_cast<uint8_t>(clamped + stored_offset(y));
    }
  }
  return look_up(entries, {x.channels, entries->data(), TableLayer::Choice::by_largest, stored_zero(x)}, kernels, in,
                 out);
}

StepWork table(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels, const Map& in,
               const Map& out) {
  const TensorDescriptor &x = quant::input_tensor(model, layer), &y = quant::output_tensor(model, layer);
  if (!in_bytes(y)) return {};
  const size_t each = size_t{1} << x.bits, tables = layer.weight_bytes / each;
  const int first = lowest(x.type, x.bits) + stored_offset(x);
  auto entries = std::make_shared<AlignedVector<uint8_t>>(tables * kEntries);
  for (size_t i = 0; i < tables * each; ++i) {
    const int value = stored_value(model.weights.data() + layer.weight_offset, i, y.type);
    (*entries)[i / each * kEntries + static_cast<size_t>(first) + i % each] =
        static_cast<uint8_t>(value + stored_offset(y));
  }
  const auto choice = tables == 1 ? TableLayer::Choice::only : TableLayer::Choice::by_channel;
  return look_up(entries, {x.channels, entries->data(), choice, 0}, kernels, in, out);
}

bool is_float(int32_t multiplier) {
  return static_cast<double>(static_cast<float>(multiplier)) == multiplier;
}

/// Whether floats hold every number on the way, and its sum with another.
bool fits_floats(double largest, Requantization scale) {
  constexpr double kMost = 1 << 22;
  return is_float(scale.multiplier) && largest < kMost && largest * std::abs(factor_of(scale)) < kMost;
}

StepWork pair(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels,
              const Step& step) {
  const TensorDescriptor &a = quant::input_tensor(model, layer, 0), &b = quant::input_tensor(model, layer, 1);
  const TensorDescriptor& y = quant::output_tensor(model, layer);
  const bool sum = layer.kind == LayerKind::add;
  const Requantization first = quant::layer_input(model, layer, 0).scale;
  const Requantization second = sum ? quant::layer_input(model, layer, 1).scale : first;
  PairLayer row = {};
  row.in[0] = value_type(a), row.in[1] = value_type(b), row.out = value_type(y);
  row.zero[0] = stored_zero(a), row.zero[1] = stored_zero(b);
  row.exact[0] = first, row.exact[1] = second;
  row.scale[0] = factor_of(first), row.scale[1] = factor_of(second);
  row.fraction_bits = layer.fraction_bits;
  row.half = layer.fraction_bits == 0 ? 0 : std::ldexp(1, layer.fraction_bits - 1);
  row.step = std::ldexp(1, -layer.fraction_bits);
  row.stored_zero = stored_zero(y);
  row.low = layer.clamp_low + stored_offset(y), row.high = layer.clamp_high + stored_offset(y);
  row.floats = sum ? fits_floats(largest_distance(a), first) && fits_floats(largest_distance(b), second)
                   : fits_floats(largest_distance(a) * largest_distance(b), first);
  row.channels = y.channels;
  row.one_channel = b.channels == 1;
  row.one_pixel = b.height == 1 && b.width == 1;
  const Map first_map = step.in[0], second_map = step.in[1], out = step.out;
  return [=](int items, uint16_t*) { (sum ? kernels.add : kernels.multiply)(row, first_map, second_map, out, items); };
}

}  // namespace

StepWork make_row_work(const quant::PackedModel& model, const LayerDescriptor& layer, const RowKernels& kernels,
                       const Step& step) {
  switch (layer.kind) {
    case LayerKind::layer_norm:
      return layer_norm(model, layer, kernels, step.in[0], step.out);
    case LayerKind::softmax:
      return softmax(model, layer, kernels, step.in[0], step.out);
    case LayerKind::gelu:
      return gelu(model, layer, kernels, step.in[0], step.out);
    case LayerKind::table:
      return table(model, layer, kernels, step.in[0], step.out);
    case LayerKind::add:
    case LayerKind::multiply:
      return pair(model, layer, kernels, step);
    default:
      return {};
  }
}

}  // namespace flashcell::host::inference
