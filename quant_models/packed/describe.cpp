#include "quant_models/packed/describe.hpp"

#include "quant_models/packed/kernel_cycles.hpp"
#include "quant_models/packed/kernel_image.hpp"

namespace flashcell::quant {
namespace {

/// Of a channel: bias, multiplier, shift.
constexpr uint64_t kParameterBits = 32 + 16 + 6, kLayerNormBits = 64 + 31 + 6;

/// Of packed weights without the gap behind them.
uint64_t stored_bits(uint64_t weights, int bits) {
  return bits == contract::kTernaryBits ? 8 * contract::packed_bytes(weights, bits)
                                        : weights * static_cast<uint64_t>(bits);
}

LayerSummary describe_layer(const PackedModel& model, size_t index) {
  const contract::LayerDescriptor& layer = model.layers[index];
  const contract::TensorDescriptor& out = model.tensors[layer.output];
  LayerSummary summary;
  summary.name = model.layer_names[index];
  summary.kind = name_of(layer.kind);
  for (size_t i = 0; i < layer.input_count; ++i)
    summary.inputs.push_back(model.tensor_names[layer_input(model, layer, i).tensor]);
  summary.height = out.height;
  summary.width = out.width;
  summary.channels = out.channels;
  summary.kernel_height = layer.kernel_height;
  summary.kernel_width = layer.kernel_width;
  summary.stride_rows = layer.stride_rows;
  summary.stride_columns = layer.stride_columns;
  summary.weight_bits = layer.weight_bits == contract::kTernaryBits ? 1.58 : layer.weight_bits;
  summary.activation_bits = out.bits;
  summary.signed_output = contract::is_signed(out.type);
  summary.weights = weight_count(model, layer);
  summary.weight_bytes = layer.weight_bytes;
  summary.multiply_accumulates = multiply_accumulates(model, layer);
  summary.output_bytes = bytes_of(out);
  summary.kernel_cycles = kernel_cycles(model, layer);
  return summary;
}

}  // namespace

const char* name_of(contract::LayerKind kind) {
  switch (kind) {
    case contract::LayerKind::convolution:
      return "convolution";
    case contract::LayerKind::depthwise:
      return "depthwise";
    case contract::LayerKind::fully_connected:
      return "fully_connected";
    case contract::LayerKind::max_pool:
      return "max_pool";
    case contract::LayerKind::average_pool:
      return "average_pool";
    case contract::LayerKind::global_average_pool:
      return "global_average_pool";
    case contract::LayerKind::add:
      return "add";
    case contract::LayerKind::concat:
      return "concat";
    case contract::LayerKind::upsample:
      return "upsample";
    case contract::LayerKind::transposed_convolution:
      return "transposed_convolution";
    case contract::LayerKind::channel_mean:
      return "channel_mean";
    case contract::LayerKind::multiply:
      return "multiply";
    case contract::LayerKind::product:
      return "product";
    case contract::LayerKind::linear_upsample:
      return "linear_upsample";
    case contract::LayerKind::layer_norm:
      return "layer_norm";
    case contract::LayerKind::softmax:
      return "softmax";
    case contract::LayerKind::gelu:
      return "gelu";
    case contract::LayerKind::table:
      return "table";
    case contract::LayerKind::move:
      return "move";
    case contract::LayerKind::gather:
      return "gather";
    case contract::LayerKind::pad:
      return "pad";
    case contract::LayerKind::constant:
      return "constant";
  }
  return "unknown";
}

ModelSummary describe(const PackedModel& model) {
  ModelSummary summary;
  summary.name = model.name;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    summary.layers.push_back(describe_layer(model, i));
    const LayerSummary& layer = summary.layers.back();
    summary.weights += layer.weights;
    summary.multiply_accumulates += layer.multiply_accumulates;
    if (contract::has_channels(model.layers[i].kind))
      summary.parameter_bits += static_cast<uint64_t>(layer.channels) *
                                (contract::has_weights(model.layers[i].kind) ? kParameterBits : kLayerNormBits);
    if (contract::has_weights(model.layers[i].kind))
      summary.weight_bits += stored_bits(layer.weights, model.layers[i].weight_bits);
    else
      summary.weight_bits += 8 * layer.weight_bytes;
  }
  summary.kernel_cycles = kernel_cycles(model);
  const contract::QcnnBuild* build = build_for(model);
  summary.kernel = build == nullptr ? nullptr : build->name;
  summary.arena_bits = uint64_t{model.arena_bytes} * 8;
  return summary;
}

}  // namespace flashcell::quant
