// Layers without weights.
#include <algorithm>
#include <cstring>

#include "quant_models/packed/builder_parts.hpp"

namespace flashcell::quant {

using namespace contract;
using namespace builder;

namespace {

uint16_t count_of(const std::string& name, int value) {
  if (value < 1 || value > UINT16_MAX) refuse(name, "a number of matrices, rows or columns is outside of 1 to 65535");
  return static_cast<uint16_t>(value);
}

Extents shape_of(const TensorDescriptor& t) {
  return {t.height, t.width, t.channels};
}

}  // namespace

ModelBuilder::Tensor ModelBuilder::max_pool(const std::string& name, Tensor input, const Window& window) {
  return append_window(name, layer_of(LayerKind::max_pool), input, {}, window, tensor(input).channels, format_of(input),
                       {});
}

ModelBuilder::Tensor ModelBuilder::average_pool(const std::string& name, Tensor input, const Window& window,
                                                Requantization scale, const ActivationFormat& format,
                                                const Clamp& clamp) {
  return append_window(name, layer_of(LayerKind::average_pool), input, {&scale, 1}, window, tensor(input).channels,
                       format, clamp);
}

ModelBuilder::Tensor ModelBuilder::global_average_pool(const std::string& name, Tensor input, Requantization scale,
                                                       const ActivationFormat& format, const Clamp& clamp) {
  return append(name, layer_of(LayerKind::global_average_pool), {&input, 1}, {&scale, 1},
                {1, 1, tensor(input).channels}, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::channel_mean(const std::string& name, Tensor input, Requantization scale,
                                                const ActivationFormat& format, const Clamp& clamp) {
  const TensorDescriptor in = tensor(input);
  return append(name, layer_of(LayerKind::channel_mean), {&input, 1}, {&scale, 1}, {in.height, in.width, 1}, format,
                clamp);
}

ModelBuilder::Tensor ModelBuilder::add(const std::string& name, std::span<const Tensor> inputs,
                                       std::span<const Requantization> scales, int fraction_bits,
                                       const ActivationFormat& format, const Clamp& clamp) {
  if (inputs.size() != 2 || scales.size() != 2) refuse(name, "add has two inputs and a multiplier for each");
  LayerDescriptor layer = layer_of(LayerKind::add);
  layer.fraction_bits = small(name, fraction_bits);
  return append(name, layer, inputs, scales, shape_of(tensor(inputs[0])), format, clamp);
}

ModelBuilder::Tensor ModelBuilder::multiply(const std::string& name, Tensor first, Tensor second, Requantization scale,
                                            const ActivationFormat& format, const Clamp& clamp) {
  const Tensor inputs[] = {first, second};
  return append(name, layer_of(LayerKind::multiply), inputs, {&scale, 1}, shape_of(tensor(first)), format, clamp);
}

ModelBuilder::Tensor ModelBuilder::concat(const std::string& name, std::span<const Tensor> inputs,
                                          std::span<const Requantization> scales, const ActivationFormat& format,
                                          const Clamp& clamp, Axis axis) {
  if (inputs.size() < 2 || inputs.size() > kMaxLayerInputs || inputs.size() != scales.size()) {
    refuse(name, "concat has 2 to 256 inputs and a multiplier for each");
  }
  LayerDescriptor layer = layer_of(LayerKind::concat);
  layer.axis = axis;
  Extents whole = shape_of(tensor(inputs[0]));
  for (const Tensor input : inputs.subspan(1)) {
    const TensorDescriptor each = tensor(input);
    if (axis == Axis::rows) whole.height += each.height;
    if (axis == Axis::columns) whole.width += each.width;
    if (axis == Axis::channels) whole.channels += each.channels;
  }
  return append(name, layer, inputs, scales, whole, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::upsample(const std::string& name, Tensor input, int rows, int columns) {
  LayerDescriptor layer = layer_of(LayerKind::upsample);
  layer.stride_rows = small(name, rows);
  layer.stride_columns = small(name, columns);
  const TensorDescriptor in = tensor(input);
  return append(name, layer, {&input, 1}, {}, {in.height * rows, in.width * columns, in.channels}, format_of(input));
}

ModelBuilder::Tensor ModelBuilder::linear_upsample(const std::string& name, Tensor input, int rows, int columns,
                                                   Requantization scale, const ActivationFormat& format,
                                                   const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::linear_upsample);
  layer.stride_rows = small(name, rows);
  layer.stride_columns = small(name, columns);
  const TensorDescriptor in = tensor(input);
  return append(name, layer, {&input, 1}, {&scale, 1}, {in.height * rows, in.width * columns, in.channels}, format,
                clamp);
}

ModelBuilder::Tensor ModelBuilder::product(const std::string& name, Tensor first, Tensor second,
                                           const ProductPlaces& places, const Extents& output, Requantization scale,
                                           const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::product);
  layer.outer = count_of(name, places.outer);
  layer.inner = count_of(name, places.inner);
  layer.rows = count_of(name, places.rows);
  layer.columns = count_of(name, places.columns);
  layer.depth = count_of(name, places.depth);
  layer.first_strides = places.first;
  layer.second_strides = places.second;
  layer.output_strides = places.output;
  const Tensor inputs[] = {first, second};
  return append(name, layer, inputs, {&scale, 1}, output, format, clamp);
}

ModelBuilder::Tensor ModelBuilder::layer_norm(const std::string& name, Tensor input,
                                              std::span<const ChannelParameters> parameters, int fraction_bits,
                                              const ActivationFormat& format, const Clamp& clamp) {
  if (parameters.size() != tensor(input).channels) refuse(name, "there must be parameters for each channel");
  LayerDescriptor layer = layer_of(LayerKind::layer_norm);
  layer.fraction_bits = small(name, fraction_bits);
  layer.first_channel = static_cast<uint32_t>(model_.channels.size());
  model_.channels.insert(model_.channels.end(), parameters.begin(), parameters.end());
  return append(name, layer, {&input, 1}, {}, shape_of(tensor(input)), format, clamp);
}

ModelBuilder::Tensor ModelBuilder::softmax(const std::string& name, Tensor input, int unit, int fraction_bits,
                                           const ActivationFormat& format) {
  LayerDescriptor layer = layer_of(LayerKind::softmax);
  layer.constant = unit;
  layer.fraction_bits = small(name, fraction_bits);
  return append(name, layer, {&input, 1}, {}, shape_of(tensor(input)), format);
}

ModelBuilder::Tensor ModelBuilder::gelu(const std::string& name, Tensor input, int unit, Requantization scale,
                                        const ActivationFormat& format, const Clamp& clamp) {
  LayerDescriptor layer = layer_of(LayerKind::gelu);
  layer.constant = unit;
  return append(name, layer, {&input, 1}, {&scale, 1}, shape_of(tensor(input)), format, clamp);
}

ModelBuilder::Tensor ModelBuilder::table(const std::string& name, Tensor input, std::span<const int32_t> entries,
                                         const ActivationFormat& format) {
  const TensorDescriptor in = tensor(input);
  const size_t each = in.bits <= 8 ? size_t{1} << in.bits : 0;
  if (entries.size() != each && entries.size() != each * in.channels)
    refuse(name, "a table has an entry for each value of its input, of up to 8 bits, or so many for each channel");
  LayerDescriptor layer = layer_of(LayerKind::table);
  append_values(name, layer, entries, format);
  return append(name, layer, {&input, 1}, {}, shape_of(in), format);
}

ModelBuilder::Tensor ModelBuilder::move(const std::string& name, Tensor input, const MovePlaces& places,
                                        const Extents& output) {
  LayerDescriptor layer = layer_of(LayerKind::move);
  layer.outer = count_of(name, places.outer);
  layer.inner = count_of(name, places.inner);
  layer.rows = count_of(name, places.rows);
  layer.columns = count_of(name, places.columns);
  layer.first_strides = places.input;
  layer.output_strides = places.output;
  return append(name, layer, {&input, 1}, {}, output, format_of(input));
}

ModelBuilder::Tensor ModelBuilder::gather(const std::string& name, Tensor input, std::span<const int32_t> runs, int run,
                                          const Extents& output) {
  LayerDescriptor layer = layer_of(LayerKind::gather);
  layer.constant = run;
  std::vector<uint8_t> bytes(runs.size_bytes());
  if (!runs.empty()) std::memcpy(bytes.data(), runs.data(), bytes.size());
  append_data(layer, bytes);
  return append(name, layer, {&input, 1}, {}, output, format_of(input));
}

ModelBuilder::Tensor ModelBuilder::pad(const std::string& name, Tensor input, int top, int left, int bottom, int right,
                                       int value) {
  LayerDescriptor layer = layer_of(LayerKind::pad);
  layer.pad_top = small(name, top);
  layer.pad_left = small(name, left);
  layer.pad_bottom = small(name, bottom);
  layer.pad_right = small(name, right);
  layer.constant = value;
  const TensorDescriptor in = tensor(input);
  return append(name, layer, {&input, 1}, {}, {in.height + top + bottom, in.width + left + right, in.channels},
                format_of(input));
}

ModelBuilder::Tensor ModelBuilder::constant(const std::string& name, const Extents& extents,
                                            std::span<const int32_t> values, const ActivationFormat& format) {
  LayerDescriptor layer = layer_of(LayerKind::constant);
  append_values(name, layer, values, format);
  return append(name, layer, {}, {}, extents, format);
}

namespace {

/// Single pixels, at any stride.
bool is_single(const Window& w) {
  return w == Window{1, 1, w.stride_rows, w.stride_columns};
}

bool keeps_channels(const Selection& selection, int input_channels) {
  if (static_cast<int>(selection.channels.size()) != input_channels) return false;
  for (int i = 0; i < input_channels; ++i)
    if (selection.channels[static_cast<size_t>(i)] != i) return false;
  return true;
}

}  // namespace

bool ModelBuilder::can_select(const Selection& selection, int input_channels) {
  const Window& w = selection.window;
  if (keeps_channels(selection, input_channels) && is_single(w)) return true;
  return w.stride_rows <= kMaxStride && w.stride_columns <= kMaxStride;
}

ModelBuilder::Tensor ModelBuilder::select(const std::string& name, Tensor input, const Selection& selection) {
  const TensorDescriptor in = tensor(input);
  const Window& w = selection.window;
  const bool same_channels = keeps_channels(selection, in.channels);
  if (same_channels && is_single(w)) return max_pool(name, input, w);
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
  const ActivationFormat format = format_of(input);
  if (same_channels) return depthwise(name, input, w, ones, format);
  return convolution(name, input, static_cast<int>(channels), w, ones, format);
}

}  // namespace flashcell::quant
