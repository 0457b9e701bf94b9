#include <algorithm>
#include <array>

#include "quant_models/packed/layer_checks.hpp"

namespace flashcell::quant {

using namespace contract;

namespace {

struct OutputExtents {
  int height, width, channels;
};
OutputExtents extents_of(const TensorDescriptor& tensor) {
  return {tensor.height, tensor.width, tensor.channels};
}

int places(int side, int padding, int window, int stride) {
  const int room = side + padding - window;
  require(room >= 0, "the window is larger than the padded input");
  return room / stride + 1;
}

OutputExtents window_output(const LayerDescriptor& layer, const TensorDescriptor& in) {
  return {places(in.height, layer.pad_top + layer.pad_bottom, layer.dilation_rows * (layer.kernel_height - 1) + 1,
                 layer.stride_rows),
          places(in.width, layer.pad_left + layer.pad_right, layer.dilation_columns * (layer.kernel_width - 1) + 1,
                 layer.stride_columns),
          in.channels};
}

/// A transposed convolution may leave up to a stride's rows and columns more than its windows need.
OutputExtents transposed_output(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const int height = (in.height - 1) * layer.stride_rows + layer.dilation_rows * (layer.kernel_height - 1) + 1 -
                     layer.pad_top - layer.pad_bottom;
  const int width = (in.width - 1) * layer.stride_columns + layer.dilation_columns * (layer.kernel_width - 1) + 1 -
                    layer.pad_left - layer.pad_right;
  const bool sound = out.height >= height && out.height < height + std::max(layer.stride_rows, layer.dilation_rows) &&
                     out.width >= width && out.width < width + std::max(layer.stride_columns, layer.dilation_columns);
  return sound ? extents_of(out) : OutputExtents{height, width, out.channels};
}

OutputExtents joined(const PackedModel& model, const LayerDescriptor& layer) {
  OutputExtents whole = extents_of(input_tensor(model, layer));
  for (size_t i = 1; i < layer.input_count; ++i) {
    const OutputExtents each = extents_of(input_tensor(model, layer, i));
    const bool rows = layer.axis == Axis::rows, columns = layer.axis == Axis::columns,
               channels = layer.axis == Axis::channels;
    require((rows || each.height == whole.height) && (columns || each.width == whole.width) &&
                (channels || each.channels == whole.channels),
            "the inputs' heights, widths or channels differ");
    (rows      ? whole.height
     : columns ? whole.width
               : whole.channels) += rows      ? each.height
                                    : columns ? each.width
                                              : each.channels;
  }
  return whole;
}

OutputExtents paired(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor &a = input_tensor(model, layer, 0), &b = input_tensor(model, layer, 1);
  const bool image = a.height == b.height && a.width == b.width, pixel = b.height == 1 && b.width == 1;
  require((image || pixel) && (a.channels == b.channels || (image && b.channels == 1)),
          "the inputs' heights, widths or channels differ");
  return extents_of(a);
}

void check_inside(const LayerDescriptor& layer, const Strides& s, uint64_t rows, uint64_t columns,
                  const TensorDescriptor& tensor) {
  const uint64_t last = s.first + (layer.outer - uint64_t{1}) * s.outer + (layer.inner - uint64_t{1}) * s.inner +
                        (rows - 1) * s.row + (columns - 1) * s.column;
  require(last < values_of(tensor), "a place lies outside of its tensor");
}

/// Strides fill the output where each is the product of all shorter ones' counts.
void check_fills(const LayerDescriptor& layer, const TensorDescriptor& out) {
  struct Side {
    uint64_t stride, count;
  };
  const Strides& s = layer.output_strides;
  std::array<Side, 4> sides = {
      {{s.outer, layer.outer}, {s.inner, layer.inner}, {s.row, layer.rows}, {s.column, layer.columns}}};
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.stride < b.stride; });
  uint64_t filled = 1;
  bool sound = s.first == 0;
  for (const Side& side : sides) {
    if (side.count == 1) continue;
    sound = sound && side.stride == filled;
    filled *= side.count;
  }
  require(sound && filled == values_of(out), "the strides do not fill the output");
}

void check_memory(const PackedModel& model, const LayerDescriptor& layer) {
  const bool product = layer.kind == LayerKind::product;
  check_inside(layer, layer.first_strides, layer.rows, product ? layer.depth : layer.columns,
               input_tensor(model, layer));
  if (product) check_inside(layer, layer.second_strides, layer.depth, layer.columns, input_tensor(model, layer, 1));
  check_fills(layer, output_tensor(model, layer));
}

OutputExtents output_extents(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& out = output_tensor(model, layer);
  if (layer.kind == LayerKind::constant) return extents_of(out);
  const TensorDescriptor& in = input_tensor(model, layer);
  OutputExtents same = extents_of(in);
  switch (layer.kind) {
    case LayerKind::convolution:
      same = window_output(layer, in);
      return {same.height, same.width, out.channels};
    case LayerKind::depthwise:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
      return window_output(layer, in);
    case LayerKind::transposed_convolution:
      return transposed_output(layer, in, out);
    case LayerKind::fully_connected:
      return {1, 1, out.channels};
    case LayerKind::global_average_pool:
      return {1, 1, in.channels};
    case LayerKind::channel_mean:
      return {in.height, in.width, 1};
    case LayerKind::upsample:
    case LayerKind::linear_upsample:
      return {in.height * layer.stride_rows, in.width * layer.stride_columns, in.channels};
    case LayerKind::add:
    case LayerKind::multiply:
      return paired(model, layer);
    case LayerKind::concat:
      return joined(model, layer);
    case LayerKind::pad:
      return {in.height + layer.pad_top + layer.pad_bottom, in.width + layer.pad_left + layer.pad_right, in.channels};
    case LayerKind::product:
    case LayerKind::move:
      check_memory(model, layer);
      return extents_of(out);
    case LayerKind::gather:
      require(values_of(out) % static_cast<uint64_t>(layer.constant) == 0 &&
                  values_of(in) % static_cast<uint64_t>(layer.constant) == 0,
              "the run is no divisor of the tensors' numbers of values");
      return extents_of(out);
    default:
      return same;
  }
}

bool keeps_meaning(LayerKind kind) {
  return kind == LayerKind::max_pool || kind == LayerKind::upsample || kind == LayerKind::move ||
         kind == LayerKind::gather || kind == LayerKind::pad;
}

}  // namespace

void check_shapes(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& out = output_tensor(model, layer);
  const OutputExtents extents = output_extents(model, layer);
  require(out.height == extents.height && out.width == extents.width && out.channels == extents.channels,
          "the output's shape does not follow from the input's");
  const bool whole_range = layer.clamp_low == lowest(out) && layer.clamp_high == highest(out);
  require(whole_range || !(keeps_meaning(layer.kind) || has_data(layer.kind)), "this kind of layer cannot clamp");
  if (!keeps_meaning(layer.kind)) return;
  const TensorDescriptor& in = input_tensor(model, layer);
  require(in.type == out.type && in.bits == out.bits && in.zero_point == out.zero_point &&
              model.tensor_scales[layer_input(model, layer).tensor] == model.tensor_scales[layer.output],
          "input and output must have the same type, bits, scale and zero point");
}

}  // namespace flashcell::quant
