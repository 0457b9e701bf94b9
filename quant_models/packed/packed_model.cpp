#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {
namespace {

/// Products that make one output value.
uint64_t reduction(const PackedModel& model, const contract::LayerDescriptor& layer) {
  const contract::TensorDescriptor& in = model.tensors[layer.inputs[0]];
  const uint64_t window = static_cast<uint64_t>(layer.kernel_height) * layer.kernel_width;
  switch (layer.kind) {
    case contract::LayerKind::convolution:
      return window * in.channels;
    case contract::LayerKind::depthwise:
      return window;
    case contract::LayerKind::fully_connected:
      return bytes_of(in);
    default:
      return 0;
  }
}

}  // namespace

uint64_t weight_count(const PackedModel& model, const contract::LayerDescriptor& layer) {
  return reduction(model, layer) * model.tensors[layer.output].channels;
}

uint64_t multiply_accumulates(const PackedModel& model, const contract::LayerDescriptor& layer) {
  return reduction(model, layer) * bytes_of(model.tensors[layer.output]);
}

}  // namespace flashcell::quant
