#include "quant_models/packed/model_builder.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/packed/builder_parts.hpp"
#include "quant_models/packed/validate.hpp"

namespace flashcell::quant {

using namespace contract;

namespace {

using namespace builder;

void pack_ternary(std::span<const int8_t> values, uint8_t* packed) {
  const int weight_of_digit[] = {1, 3, 9, 27, 81};
  for (size_t i = 0; i < values.size(); ++i)
    packed[i / 5] = static_cast<uint8_t>(packed[i / 5] + (values[i] + 1) * weight_of_digit[i % 5]);
}

void pack_fields(std::span<const int8_t> values, int bits, uint8_t* packed) {
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t first_bit = i * static_cast<size_t>(bits);
    const int number = bits == 1 ? (values[i] + 1) / 2 : values[i];
    const unsigned field = (static_cast<unsigned>(number) & ((1u << bits) - 1)) << (first_bit % 8);
    packed[first_bit / 8] = static_cast<uint8_t>(packed[first_bit / 8] | field);
    if (field > 0xff) packed[first_bit / 8 + 1] = static_cast<uint8_t>(packed[first_bit / 8 + 1] | field >> 8);
  }
}

/// Only these weights have no 0.
bool fits(int8_t value, int bits) {
  const int most = largest_weight(bits);
  return value >= -most && value <= most && (bits != 1 || value != 0);
}

}  // namespace

Requantization requantization_for(double factor) {
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);  // [0.5, 1)
  long multiplier = std::lround(fraction * 65536);
  if (multiplier == 65536) {
    multiplier = 32768;
    ++exponent;
  }
  const int shift = 16 - exponent;
  if (!(factor > 0) || !std::isfinite(factor) || shift < 1 || shift > kMaxShift) {
    throw std::invalid_argument("a factor of " + std::to_string(factor) + " has no 16-bit multiplier and shift");
  }
  return {static_cast<int32_t>(multiplier), static_cast<uint8_t>(shift), {}};
}

Requantization dyadic_for(double factor, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);  // +-[0.5, 1)
  const int shift = std::min(bits - exponent, kMaxDyadicShift);
  if (std::isfinite(factor) && bits >= 16 && bits <= 31 && shift >= 1) {
    const double multiplier = std::nearbyint(std::ldexp(fraction, exponent + shift));
    if (multiplier != 0 && std::abs(multiplier) <= INT32_MAX)
      return {static_cast<int32_t>(multiplier), static_cast<uint8_t>(shift), {}};
    if (std::abs(multiplier) > INT32_MAX && shift >= 2)  // rounded up to 2^31
      return {factor < 0 ? -(1 << 30) : 1 << 30, static_cast<uint8_t>(shift - 1), {}};
  }
  throw std::invalid_argument("a factor of " + std::to_string(factor) + " has no dyadic multiplier and shift");
}

ModelBuilder::ModelBuilder(std::string name) {
  model_.name = std::move(name);
}

ModelBuilder::Tensor ModelBuilder::input(const std::string& name, int height, int width, int channels,
                                         const ActivationFormat& format) {
  return add_tensor(name, {height, width, channels}, format, kInputTensor);
}

ModelBuilder::Tensor ModelBuilder::add_tensor(const std::string& name, const Extents& extents,
                                              const ActivationFormat& format, uint8_t role) {
  const auto fits = [](int size, int most) { return size >= 1 && size <= most; };
  if (!fits(extents.height, kMaxTensorSide) || !fits(extents.width, kMaxTensorSide) ||
      !fits(extents.channels, kMaxTensorChannels)) {
    refuse(name, "height, width and channels must be 1 to 4096");
  }
  if (model_.tensors.size() >= kMaxTensors) refuse(name, "a model has at most 2048 tensors");
  if (format.bits < 1 || format.bits > kMaxValueBits ||
      format.type != activation_type(is_signed(format.type), format.bits))
    refuse(name, "activations have 1 to 8 bits in a byte or 9 to 16 in two");
  TensorDescriptor tensor = {};
  tensor.height = static_cast<uint16_t>(extents.height);
  tensor.width = static_cast<uint16_t>(extents.width);
  tensor.channels = static_cast<uint16_t>(extents.channels);
  tensor.type = format.type;
  tensor.bits = static_cast<uint8_t>(format.bits);
  if (format.zero_point < lowest(format.type, format.bits) || format.zero_point > highest(format.type, format.bits)) {
    refuse(name, "the zero point is outside of the type's range");
  }
  if (format.bits > 8 && format.zero_point != 0) refuse(name, "activations of more than 8 bits have zero point 0");
  tensor.zero_point = static_cast<int16_t>(format.zero_point);
  tensor.role = role;
  model_.tensors.push_back(tensor);
  model_.tensor_names.push_back(name);
  model_.tensor_scales.push_back(format.scale);
  return static_cast<Tensor>(model_.tensors.size() - 1);
}

ActivationFormat ModelBuilder::format_of(Tensor index) const {
  const TensorDescriptor& t = tensor(index);
  return {t.type, t.bits, model_.tensor_scales[index], t.zero_point};
}

ModelBuilder::Tensor ModelBuilder::append(const std::string& name, LayerDescriptor layer,
                                          std::span<const Tensor> inputs, std::span<const Requantization> scales,
                                          const Extents& output, const ActivationFormat& format, const Clamp& clamp) {
  layer.output = add_tensor(name, output, format, kInnerTensor);
  layer.input_count = static_cast<uint16_t>(inputs.size());
  layer.first_input = static_cast<uint32_t>(model_.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    model_.inputs.push_back({inputs[i], 0, i < scales.size() ? scales[i] : Requantization{}, 0});
  const int low = lowest(format.type, format.bits), high = highest(format.type, format.bits);
  layer.clamp_low = std::clamp(clamp.low, low, high);
  layer.clamp_high = std::clamp(clamp.high, low, high);
  model_.layers.push_back(layer);
  model_.layer_names.push_back(name);
  return layer.output;
}

ModelBuilder::Tensor ModelBuilder::append_window(const std::string& name, LayerDescriptor layer, Tensor input,
                                                 std::span<const Requantization> scales, const Window& window,
                                                 int channels, const ActivationFormat& format, const Clamp& clamp) {
  const TensorDescriptor in = tensor(input);
  describe_window(name, window, layer);
  const int rows = in.height + window.pad_top + window.pad_bottom - window.dilation_rows * (window.height - 1) - 1;
  const int columns = in.width + window.pad_left + window.pad_right - window.dilation_columns * (window.width - 1) - 1;
  if (window.stride_rows < 1 || window.stride_columns < 1 || rows < 0 || columns < 0)
    refuse(name, "the window is larger than the padded input");
  return append(name, layer, {&input, 1}, scales,
                {rows / window.stride_rows + 1, columns / window.stride_columns + 1, channels}, format, clamp);
}

void ModelBuilder::append_weights(const std::string& name, LayerDescriptor& layer, const LayerWeights& weights,
                                  uint64_t count, int channels) {
  if ((weights.bits < 1 || weights.bits > 8) && weights.bits != kTernaryBits)
    refuse(name, "weights have 1 to 8 bits or are ternary");
  const auto outputs = static_cast<size_t>(channels);
  if (weights.values.size() != count) refuse(name, "the number of weights is not the layer's");
  if (weights.bias.size() != outputs || weights.scales.size() != outputs) {
    refuse(name, "there must be one bias and one multiplier for each output channel");
  }
  for (const int8_t value : weights.values) {
    if (!fits(value, weights.bits)) refuse(name, "a weight is outside of its bits' symmetric range");
  }
  layer.weight_bits = static_cast<uint8_t>(weights.bits);
  layer.first_channel = static_cast<uint32_t>(model_.channels.size());
  std::vector<uint8_t> packed(packed_bytes(count, weights.bits));
  if (weights.bits == kTernaryBits) {
    pack_ternary(weights.values, packed.data());
  } else {
    pack_fields(weights.values, weights.bits, packed.data());
  }
  append_data(layer, packed);
  for (size_t i = 0; i < outputs; ++i) model_.channels.push_back({weights.bias[i], weights.scales[i]});
}

void ModelBuilder::append_data(LayerDescriptor& layer, std::span<const uint8_t> bytes) {
  layer.weight_offset = static_cast<uint32_t>(model_.weights.size());
  layer.weight_bytes = static_cast<uint32_t>(bytes.size());
  model_.weights.insert(model_.weights.end(), bytes.begin(), bytes.end());
  model_.weights.resize((model_.weights.size() + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment);
}

void ModelBuilder::append_values(const std::string& name, LayerDescriptor& layer, std::span<const int32_t> values,
                                 const ActivationFormat& format) {
  std::vector<uint8_t> bytes(values.size() * static_cast<size_t>(bytes_per_value(format.type)));
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < lowest(format.type, format.bits) || values[i] > highest(format.type, format.bits))
      refuse(name, "a number is outside of its format's range");
    store_value(bytes.data(), i, format.type, values[i]);
  }
  append_data(layer, bytes);
}

ModelBuilder::Tensor ModelBuilder::convolution(const std::string& name, Tensor input, int channels,
                                               const Window& window, const LayerWeights& weights,
                                               const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::convolution);
  const auto count = static_cast<uint64_t>(window.height) * static_cast<uint64_t>(window.width) *
                     tensor(input).channels * static_cast<uint64_t>(channels);
  append_weights(name, layer, weights, count, channels);
  return append_window(name, layer, input, {}, window, channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::depthwise(const std::string& name, Tensor input, const Window& window,
                                             const LayerWeights& weights, const ActivationFormat& format,
                                             const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::depthwise);
  const int channels = tensor(input).channels;
  const auto count =
      static_cast<uint64_t>(window.height) * static_cast<uint64_t>(window.width) * static_cast<uint64_t>(channels);
  append_weights(name, layer, weights, count, channels);
  return append_window(name, layer, input, {}, window, channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::fully_connected(const std::string& name, Tensor input, int outputs,
                                                   const LayerWeights& weights, const ActivationFormat& format,
                                                   const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::fully_connected);
  append_weights(name, layer, weights, values_of(tensor(input)) * static_cast<uint64_t>(outputs), outputs);
  return append(name, layer, {&input, 1}, {}, {1, 1, outputs}, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::transposed_convolution(const std::string& name, Tensor input, const Extents& output,
                                                          const Window& window, const LayerWeights& weights,
                                                          const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::transposed_convolution);
  describe_window(name, window, layer);
  const auto count = static_cast<uint64_t>(window.height) * static_cast<uint64_t>(window.width) *
                     tensor(input).channels * static_cast<uint64_t>(output.channels);
  append_weights(name, layer, weights, count, output.channels);
  return append(name, layer, {&input, 1}, {}, output, format, clamp);
}

void ModelBuilder::output(Tensor tensor, const std::string& name) {
  if (!name.empty()) model_.tensor_names.at(tensor) = name;
  TensorDescriptor& marked = model_.tensors.at(tensor);
  marked.role = static_cast<uint8_t>(marked.role | kOutputTensor);
}

PackedModel ModelBuilder::build() {
  plan_arena(model_);
  validate(model_, model_.name);
  return std::move(model_);
}

}  // namespace flashcell::quant
