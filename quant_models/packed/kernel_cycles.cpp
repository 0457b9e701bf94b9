#include "quant_models/packed/kernel_cycles.hpp"

#include "kernels_hls/contract/qcnn_kernel.hpp"

namespace flashcell::quant {
namespace {

using namespace contract;

constexpr uint64_t pieces(uint64_t values) {
  return (values + kQcnnLanes - 1) / kQcnnLanes;
}

/// Pieces of a pixel's channels, over all pixels.
uint64_t pixel_pieces(const TensorDescriptor& tensor) {
  return uint64_t{tensor.height} * tensor.width * pieces(tensor.channels);
}

uint64_t dense_cycles(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const uint64_t row = layer.kind == LayerKind::fully_connected ? pieces(bytes_of(in))
                                                                : pieces(uint64_t{layer.kernel_width} * in.channels);
  const uint64_t window = layer.kernel_height * row;
  const uint64_t load = out.channels * window + out.channels;
  return load + pieces(out.channels) * out.height * out.width * window;
}

uint64_t port_cycles(const PackedModel& model, TensorRole role) {
  uint64_t cycles = 0;
  for (const TensorDescriptor& tensor : model.tensors) {
    if (tensor.role & role) cycles += pieces(bytes_of(tensor));
  }
  return cycles;
}

}  // namespace

uint64_t kernel_cycles(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& in = model.tensors[layer.inputs[0]];
  const TensorDescriptor& out = model.tensors[layer.output];
  const uint64_t taps = uint64_t{layer.kernel_height} * layer.kernel_width;
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::fully_connected:
      return dense_cycles(layer, in, out);
    case LayerKind::depthwise:
      return taps * pieces(in.channels) + out.channels + pixel_pieces(out) * taps;
    case LayerKind::max_pool:
    case LayerKind::average_pool:
      return pixel_pieces(out) * taps;
    case LayerKind::global_average_pool:
      return pixel_pieces(in);
    case LayerKind::add:
      return 2 * pieces(bytes_of(out));
    case LayerKind::upsample:
      return pixel_pieces(out);
    case LayerKind::concat: {
      uint64_t cycles = 0;
      for (int i = 0; i < layer.input_count; ++i) cycles += pixel_pieces(model.tensors[layer.inputs[i]]);
      return cycles;
    }
  }
  return 0;
}

uint64_t kernel_cycles(const PackedModel& model) {
  uint64_t cycles = port_cycles(model, kInputTensor) + port_cycles(model, kOutputTensor);
  for (const LayerDescriptor& layer : model.layers) cycles += kernel_cycles(model, layer);
  return cycles;
}

}  // namespace flashcell::quant
