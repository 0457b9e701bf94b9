#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

uint64_t weight_count(const PackedModel& model, const contract::LayerDescriptor& layer) {
  if (!contract::has_weights(layer.kind)) return 0;
  const contract::TensorDescriptor &in = input_tensor(model, layer), &out = output_tensor(model, layer);
  if (layer.kind == contract::LayerKind::fully_connected) return values_of(in) * out.channels;
  const uint64_t window = static_cast<uint64_t>(layer.kernel_height) * layer.kernel_width;
  return window * out.channels * (layer.kind == contract::LayerKind::depthwise ? 1u : in.channels);
}

uint64_t multiply_accumulates(const PackedModel& model, const contract::LayerDescriptor& layer) {
  const contract::TensorDescriptor& out = output_tensor(model, layer);
  switch (layer.kind) {
    case contract::LayerKind::product:
      return values_of(out) * layer.depth;
    case contract::LayerKind::transposed_convolution: {
      // Each number of the input meets every tap.
      const contract::TensorDescriptor& in = input_tensor(model, layer);
      return weight_count(model, layer) * in.height * in.width;
    }
    default:
      return weight_count(model, layer) * out.height * out.width;
  }
}

}  // namespace flashcell::quant
