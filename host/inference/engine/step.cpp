#include "host/inference/engine/step.hpp"

#include "host/inference/engine/tensor_range.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

/// R is the identity for every 8-bit value.
bool is_identity(Requantization scale) {
  return scale.multiplier == kMinMultiplier && scale.shift == 15;
}

bool same_shape(const TensorDescriptor& a, const TensorDescriptor& b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

/// Whether the kernels of plain convolutional networks have this layer.
bool has_kernel(const quant::PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& out = quant::output_tensor(model, layer);
  const bool words = layer.kind == LayerKind::convolution || layer.kind == LayerKind::fully_connected;
  bool fast = layer.kind <= LayerKind::upsample && (words || in_bytes(out));
  if (!has_weights(layer.kind)) fast = fast && layer.stride_rows == layer.stride_columns;
  for (size_t i = 0; i < layer.input_count; ++i) fast = fast && in_bytes(quant::input_tensor(model, layer, i));
  if (layer.kind == LayerKind::concat) fast = fast && layer.axis == Axis::channels;
  if (layer.kind == LayerKind::add) {
    fast = fast && same_shape(quant::input_tensor(model, layer, 0), quant::input_tensor(model, layer, 1));
    for (size_t i = 0; i < layer.input_count; ++i) {
      const int32_t multiplier = quant::layer_input(model, layer, i).scale.multiplier;
      fast = fast && multiplier >= kMinMultiplier && multiplier < kEndMultiplier;
    }
  }
  return fast;
}

void describe_pool(const quant::PackedModel& model, const LayerDescriptor& layer, PoolLayer& pool) {
  const TensorDescriptor& in = quant::input_tensor(model, layer);
  const TensorDescriptor& out = quant::output_tensor(model, layer);
  const int offset = stored_offset(out);
  pool = {layer.kernel_height,     layer.kernel_width,       layer.stride_rows,
          layer.pad_top,           layer.pad_left,           quant::layer_input(model, layer).scale,
          out.zero_point + offset, layer.clamp_low + offset, layer.clamp_high + offset};
  if (layer.kind == LayerKind::global_average_pool) {
    pool.kernel_height = in.height;
    pool.kernel_width = in.width;
  }
}

void describe_joined(const quant::PackedModel& model, const LayerDescriptor& layer, Step& step) {
  const TensorDescriptor& out = model.tensors[layer.output];
  const int offset = stored_offset(out), zero = out.zero_point + offset;
  const int low = layer.clamp_low + offset, high = layer.clamp_high + offset;
  step.add = {{}, {0, 0}, layer.fraction_bits, zero, low, high};
  int first_channel = 0;
  for (size_t i = 0; i < layer.input_count; ++i) {
    const TensorDescriptor& in = quant::input_tensor(model, layer, i);
    const Requantization scale = quant::layer_input(model, layer, i).scale;
    const int in_zero = in.zero_point + stored_offset(in);
    if (i < 2) {
      step.add.scale[i] = scale;
      step.add.zero[i] = in_zero;
    }
    const bool identity = is_identity(scale) && in_zero == zero && layer.clamp_low <= lowest(out.type, out.bits) &&
                          layer.clamp_high >= highest(out.type, out.bits) && in.type == out.type && in.bits <= out.bits;
    step.copies.push_back({scale, identity, in_zero, zero, low, high, first_channel});
    first_channel += in.channels;
  }
  step.copied.resize(layer.input_count);
}

StepWork make_work(const quant::PackedModel& model, const LayerDescriptor& layer, const KernelSet& kernels,
                   const Step& step) {
  switch (layer.kind) {
    case LayerKind::product:
      return make_product_work(model, layer, kernels.layers, step);
    case LayerKind::concat:
    case LayerKind::move:
    case LayerKind::gather:
    case LayerKind::pad:
      return make_move_work(model, layer, step);
    default:
      return make_row_work(model, layer, kernels.rows, step);
  }
}

}  // namespace

Step make_step(const quant::PackedModel& model, const LayerDescriptor& layer, const KernelSet& kernels,
               const std::vector<Map>& maps) {
  Step step;
  step.kind = layer.kind;
  step.factor = layer.stride_rows;
  for (size_t i = 0; i < layer.input_count; ++i) step.in.push_back(maps[quant::layer_input(model, layer, i).tensor]);
  step.out = maps[layer.output];
  if (!has_kernel(model, layer)) {
    step.work = make_work(model, layer, kernels, step);
    step.fast = step.work != nullptr;
    return step;
  }
  if (has_weights(layer.kind)) step.weighted = prepack(model, layer, kernels.layers);
  describe_pool(model, layer, step.pool);
  if (layer.kind == LayerKind::add || layer.kind == LayerKind::concat) describe_joined(model, layer, step);
  return step;
}

}  // namespace flashcell::host::inference
