#include "host/inference/reference/reference.hpp"

#include <algorithm>
#include <vector>

#include "host/inference/check_buffers.hpp"
#include "host/inference/reference/layer_run.hpp"

namespace flashcell::host {
namespace {

using namespace contract;
using namespace reference;

void compute(LayerRun& run) {
  switch (run.layer.kind) {
    case LayerKind::convolution:
    case LayerKind::depthwise:
    case LayerKind::fully_connected:
    case LayerKind::transposed_convolution:
      return run_weighted(run);
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::global_average_pool:
    case LayerKind::channel_mean:
      return run_pool(run);
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::product:
      return run_pair(run);
    case LayerKind::layer_norm:
    case LayerKind::softmax:
    case LayerKind::gelu:
      return run_transformer(run);
    default:
      return run_move(run);
  }
}

}  // namespace

void run_reference_layer(const quant::PackedModel& model, const LayerDescriptor& layer, std::span<uint8_t> arena) {
  LayerRun run = {model, layer, {}, Image(quant::output_tensor(model, layer))};
  for (size_t i = 0; i < layer.input_count; ++i) {
    Image& image = run.in.emplace_back(quant::input_tensor(model, layer, i));
    for (size_t k = 0; k < image.values.size(); ++k)
      image.values[k] = stored_value(arena.data() + image.shape.arena_offset, k, image.shape.type);
  }
  compute(run);
  for (size_t k = 0; k < run.out.values.size(); ++k)
    store_value(arena.data() + run.out.shape.arena_offset, k, run.out.shape.type, run.out.values[k]);
}

void run_reference(const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items,
                   std::span<uint8_t> outputs) {
  check_buffers(model, inputs.size(), items, outputs.size());
  std::vector<uint8_t> arena(model.arena_bytes);
  const uint8_t* next_input = inputs.data();
  uint8_t* next_output = outputs.data();
  for (size_t item = 0; item < items; ++item) {
    for (const TensorDescriptor& tensor : model.tensors) {
      if (!(tensor.role & kInputTensor)) continue;
      std::copy_n(next_input, quant::bytes_of(tensor), arena.data() + tensor.arena_offset);
      next_input += quant::bytes_of(tensor);
    }
    for (const LayerDescriptor& layer : model.layers) run_reference_layer(model, layer, arena);
    for (const TensorDescriptor& tensor : model.tensors) {
      if (!(tensor.role & kOutputTensor)) continue;
      next_output = std::copy_n(arena.data() + tensor.arena_offset, quant::bytes_of(tensor), next_output);
    }
  }
}

}  // namespace flashcell::host
