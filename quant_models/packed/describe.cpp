#include "quant_models/packed/describe.hpp"

#include "quant_models/packed/kernel_cycles.hpp"
#include "quant_models/packed/kernel_image.hpp"

namespace flashcell::quant {
namespace {

constexpr uint64_t kParameterBits = 32 + 16 + 6;

LayerSummary describe_layer(const PackedModel& model, size_t index) {
  const contract::LayerDescriptor& layer = model.layers[index];
  const contract::TensorDescriptor& out = model.tensors[layer.output];
  LayerSummary summary;
  summary.name = model.layer_names[index];
  summary.kind = name_of(layer.kind);
  for (int i = 0; i < layer.input_count; ++i) summary.inputs.push_back(model.tensor_names[layer.inputs[i]]);
  summary.height = out.height;
  summary.width = out.width;
  summary.channels = out.channels;
  summary.kernel_height = layer.kernel_height;
  summary.kernel_width = layer.kernel_width;
  summary.stride = layer.stride;
  summary.weight_bits = layer.weight_bits;
  summary.activation_bits = out.bits;
  summary.signed_output = out.type == contract::ActivationType::signed8;
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
    summary.weight_bits += layer.weights * static_cast<uint64_t>(layer.weight_bits);
  }
  summary.parameter_bits = model.channels.size() * kParameterBits;
  summary.kernel_cycles = kernel_cycles(model);
  const contract::QcnnBuild* build = build_for(model);
  summary.kernel = build == nullptr ? nullptr : build->name;
  summary.arena_bits = uint64_t{model.arena_bytes} * 8;
  return summary;
}

}  // namespace flashcell::quant
