#include "quant_models/packed/model_builder.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/packed/validate.hpp"

namespace flashcell::quant {

using namespace contract;

namespace {

[[noreturn]] void refuse(const std::string& name, const char* what) {
  throw std::invalid_argument(name + ": " + what);
}

void pack(std::span<const int8_t> values, int bits, std::vector<uint8_t>& packed) {
  const size_t begin = packed.size();
  packed.resize(begin + packed_bytes(values.size(), bits));
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t first_bit = i * static_cast<size_t>(bits);
    const unsigned field = static_cast<unsigned>(values[i]) & ((1u << bits) - 1);
    packed[begin + first_bit / 8] = static_cast<uint8_t>(packed[begin + first_bit / 8] | field << (first_bit % 8));
  }
  packed.resize((packed.size() + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment);
}

uint8_t small(const std::string& name, int value) {
  if (value < 0 || value > UINT8_MAX) refuse(name, "a window, stride or padding is outside of 0 to 255");
  return static_cast<uint8_t>(value);
}

LayerDescriptor layer_of(LayerKind kind) {
  LayerDescriptor layer = {};
  layer.kind = kind;
  layer.kernel_height = layer.kernel_width = layer.stride = 1;
  return layer;
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
  return {static_cast<uint16_t>(multiplier), static_cast<uint8_t>(shift), 0};
}

ModelBuilder::ModelBuilder(std::string name) {
  model_.name = std::move(name);
}

ModelBuilder::Tensor ModelBuilder::input(const std::string& name, int height, int width, int channels,
                                         const ActivationFormat& format) {
  const auto fits = [](int size, int most) { return size >= 1 && size <= most; };
  if (!fits(height, kMaxTensorSide) || !fits(width, kMaxTensorSide) || !fits(channels, kMaxTensorChannels)) {
    refuse(name, "height, width and channels must be 1 to 4096");
  }
  if (model_.tensors.size() >= kMaxTensors) refuse(name, "a model has at most 2048 tensors");
  if (format.bits != 8 && format.bits != 4) refuse(name, "activations have 8 or 4 bits");
  TensorDescriptor tensor = {};
  tensor.height = static_cast<uint16_t>(height);
  tensor.width = static_cast<uint16_t>(width);
  tensor.channels = static_cast<uint16_t>(channels);
  tensor.type = format.type;
  tensor.bits = static_cast<uint8_t>(format.bits);
  if (format.zero_point < lowest(format.type, format.bits) || format.zero_point > highest(format.type, format.bits)) {
    refuse(name, "the zero point is outside of the type's range");
  }
  tensor.zero_point = static_cast<int16_t>(format.zero_point);
  tensor.role = kInputTensor;
  model_.tensors.push_back(tensor);
  model_.tensor_names.push_back(name);
  model_.tensor_scales.push_back(format.scale);
  return static_cast<Tensor>(model_.tensors.size() - 1);
}

ModelBuilder::Tensor ModelBuilder::append(const std::string& name, LayerDescriptor layer,
                                          std::span<const Tensor> inputs, int height, int width, int channels,
                                          const ActivationFormat& format, const Clamp& clamp) {
  if (inputs.size() > kMaxLayerInputs) refuse(name, "a layer has at most 4 inputs");
  for (size_t i = 0; i < inputs.size(); ++i) layer.inputs[i] = inputs[i];
  layer.input_count = static_cast<uint8_t>(inputs.size());
  layer.output = input(name, height, width, channels, format);
  model_.tensors.back().role = kInnerTensor;
  layer.clamp_low = static_cast<int16_t>(std::max(clamp.low, lowest(format.type, format.bits)));
  layer.clamp_high = static_cast<int16_t>(std::min(clamp.high, highest(format.type, format.bits)));
  model_.layers.push_back(layer);
  model_.layer_names.push_back(name);
  return layer.output;
}

ModelBuilder::Tensor ModelBuilder::append_window(const std::string& name, LayerDescriptor layer, Tensor input,
                                                 const Window& window, int channels, const ActivationFormat& format,
                                                 const Clamp& clamp) {
  const TensorDescriptor in = tensor(input);
  layer.kernel_height = small(name, window.height);
  layer.kernel_width = small(name, window.width);
  layer.stride = small(name, window.stride);
  layer.pad_top = small(name, window.pad_top);
  layer.pad_left = small(name, window.pad_left);
  layer.pad_bottom = small(name, window.pad_bottom);
  layer.pad_right = small(name, window.pad_right);
  const int rows = in.height + window.pad_top + window.pad_bottom - window.height;
  const int columns = in.width + window.pad_left + window.pad_right - window.width;
  if (window.stride < 1 || rows < 0 || columns < 0) refuse(name, "the window is larger than the padded input");
  return append(name, layer, {&input, 1}, rows / window.stride + 1, columns / window.stride + 1, channels, format,
                clamp);
}

void ModelBuilder::append_weights(const std::string& name, LayerDescriptor& layer, const LayerWeights& weights,
                                  uint64_t count, int channels) {
  if (weights.bits != 8 && weights.bits != 4 && weights.bits != 2) refuse(name, "weights have 8, 4 or 2 bits");
  const auto outputs = static_cast<size_t>(channels);
  if (weights.values.size() != count) refuse(name, "the number of weights is not the layer's");
  if (weights.bias.size() != outputs || weights.scales.size() != outputs) {
    refuse(name, "there must be one bias and one multiplier for each output channel");
  }
  const int most = (1 << (weights.bits - 1)) - 1;
  for (const int8_t value : weights.values) {
    if (value < -most || value > most) refuse(name, "a weight is outside of its bits' symmetric range");
  }
  layer.weight_bits = static_cast<uint8_t>(weights.bits);
  layer.first_channel = static_cast<uint32_t>(model_.channels.size());
  layer.weight_offset = static_cast<uint32_t>(model_.weights.size());
  layer.weight_bytes = static_cast<uint32_t>(packed_bytes(count, weights.bits));
  pack(weights.values, weights.bits, model_.weights);
  for (size_t i = 0; i < outputs; ++i) model_.channels.push_back({weights.bias[i], weights.scales[i]});
}

ModelBuilder::Tensor ModelBuilder::convolution(const std::string& name, Tensor input, int channels,
                                               const Window& window, const LayerWeights& weights,
                                               const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::convolution);
  const auto count = static_cast<uint64_t>(window.height) * static_cast<uint64_t>(window.width) *
                     tensor(input).channels * static_cast<uint64_t>(channels);
  append_weights(name, layer, weights, count, channels);
  return append_window(name, layer, input, window, channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::depthwise(const std::string& name, Tensor input, const Window& window,
                                             const LayerWeights& weights, const ActivationFormat& format,
                                             const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::depthwise);
  const int channels = tensor(input).channels;
  const auto count =
      static_cast<uint64_t>(window.height) * static_cast<uint64_t>(window.width) * static_cast<uint64_t>(channels);
  append_weights(name, layer, weights, count, channels);
  return append_window(name, layer, input, window, channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::fully_connected(const std::string& name, Tensor input, int outputs,
                                                   const LayerWeights& weights, const ActivationFormat& format,
                                                   const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::fully_connected);
  append_weights(name, layer, weights, uint64_t{bytes_of(tensor(input))} * static_cast<uint64_t>(outputs), outputs);
  return append(name, layer, {&input, 1}, 1, 1, outputs, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::max_pool(const std::string& name, Tensor input, const Window& window) {
  const TensorDescriptor in = tensor(input);
  const ActivationFormat format = {in.type, in.bits, model_.tensor_scales[input], in.zero_point};
  return append_window(name, layer_of(LayerKind::max_pool), input, window, in.channels, format, {});
}

ModelBuilder::Tensor ModelBuilder::average_pool(const std::string& name, Tensor input, const Window& window,
                                                Requantization scale, const ActivationFormat& format,
                                                const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::average_pool);
  layer.input_scale[0] = scale;
  return append_window(name, layer, input, window, tensor(input).channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::global_average_pool(const std::string& name, Tensor input, Requantization scale,
                                                       const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::global_average_pool);
  layer.input_scale[0] = scale;
  return append(name, layer, {&input, 1}, 1, 1, tensor(input).channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::add(const std::string& name, std::span<const Tensor> inputs,
                                       std::span<const Requantization> scales, int fraction_bits,
                                       const ActivationFormat& format, const Clamp& clamp) {
  if (inputs.size() != 2 || scales.size() != 2) refuse(name, "add has two inputs and a multiplier for each");
  LayerDescriptor layer = layer_of(LayerKind::add);
  layer.fraction_bits = small(name, fraction_bits);
  for (size_t i = 0; i < 2; ++i) layer.input_scale[i] = scales[i];
  const TensorDescriptor in = tensor(inputs[0]);
  return append(name, layer, inputs, in.height, in.width, in.channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::concat(const std::string& name, std::span<const Tensor> inputs,
                                          std::span<const Requantization> scales, const ActivationFormat& format,
                                          const Clamp& clamp) {
  if (inputs.size() < 2 || inputs.size() > kMaxLayerInputs || inputs.size() != scales.size()) {
    refuse(name, "concat has two to four inputs and a multiplier for each");
  }
  LayerDescriptor layer = layer_of(LayerKind::concat);
  int channels = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    layer.input_scale[i] = scales[i];
    channels += tensor(inputs[i]).channels;
  }
  const TensorDescriptor in = tensor(inputs[0]);
  return append(name, layer, inputs, in.height, in.width, channels, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::upsample(const std::string& name, Tensor input, int factor) {
  LayerDescriptor layer = layer_of(LayerKind::upsample);
  layer.stride = small(name, factor);
  const TensorDescriptor in = tensor(input);
  const ActivationFormat format = {in.type, in.bits, model_.tensor_scales[input], in.zero_point};
  return append(name, layer, {&input, 1}, in.height * factor, in.width * factor, in.channels, format, {});
}

namespace {

bool keeps_channels(const Selection& selection, int input_channels) {
  if (static_cast<int>(selection.channels.size()) != input_channels) return false;
  for (int i = 0; i < input_channels; ++i)
    if (selection.channels[static_cast<size_t>(i)] != i) return false;
  return true;
}

}  // namespace

bool ModelBuilder::can_select(const Selection& selection, int input_channels) {
  const Window& w = selection.window;
  if (keeps_channels(selection, input_channels) && w == Window::square(1, w.stride)) return true;
  return w.stride == 1 || w.stride == 2 || w.stride == 4;
}

ModelBuilder::Tensor ModelBuilder::select(const std::string& name, Tensor input, const Selection& selection) {
  const TensorDescriptor in = tensor(input);
  const Window& w = selection.window;
  const bool same_channels = keeps_channels(selection, in.channels);
  if (same_channels && w == Window::square(1, w.stride)) return max_pool(name, input, w);
  if (selection.row < 0 || selection.row >= w.height || selection.column < 0 || selection.column >= w.width)
    refuse(name, "the place lies outside of its window");
  const auto pixels = static_cast<size_t>(w.height) * static_cast<size_t>(w.width),
             tap = static_cast<size_t>(selection.row) * static_cast<size_t>(w.width) +
                   static_cast<size_t>(selection.column);
  const size_t channels = selection.channels.size(), inputs = same_channels ? 1 : in.channels;
  std::vector<int8_t> weights(channels * pixels * inputs, 0);
  std::vector<int32_t> bias(channels, 0);
  for (size_t i = 0; i < channels; ++i) {
    const int from = selection.channels[i];
    if (from >= in.channels) refuse(name, "there is no such channel");
    if (from < 0) {
      bias[i] = in.zero_point;
    } else {
      weights[same_channels ? tap * channels + i : (i * pixels + tap) * inputs + static_cast<size_t>(from)] = 1;
    }
  }
  const std::vector<Requantization> scales(channels, requantization_for(1));
  const LayerWeights ones = {weights, 2, bias, scales};
  const ActivationFormat format = {in.type, in.bits, model_.tensor_scales[input], in.zero_point};
  if (same_channels) return depthwise(name, input, w, ones, format);
  return convolution(name, input, static_cast<int>(channels), w, ones, format);
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
