// Which layers are run together.
#include <algorithm>

#include "host/inference/engine/step.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

/// How many inputs of layers each tensor is.
std::vector<int> count_readers(const quant::PackedModel& model) {
  std::vector<int> readers(model.tensors.size());
  for (const LayerInput& input : model.inputs) ++readers[input.tensor];
  return readers;
}

/// Convolutions that leave bytes.
bool cuts_into_rows(const quant::PackedModel& model, const std::vector<Step>& steps, size_t i) {
  return steps[i].fast && (steps[i].kind == LayerKind::convolution || steps[i].kind == LayerKind::depthwise) &&
         bytes_per_value(quant::output_tensor(model, model.layers[i]).type) == 1;
}

}  // namespace

void write_into_concatenations(const quant::PackedModel& model, std::vector<Step>& steps) {
  const std::vector<int> readers = count_readers(model);
  std::vector<int> writer(model.tensors.size(), -1);
  for (size_t i = 0; i < steps.size(); ++i) writer[model.layers[i].output] = static_cast<int>(i);
  for (size_t i = 0; i < steps.size(); ++i) {
    for (size_t k = 0; k < steps[i].copies.size(); ++k) {
      const uint16_t tensor = quant::layer_input(model, model.layers[i], k).tensor;
      const CopyLayer& copy = steps[i].copies[k];
      if (steps[i].kind != LayerKind::concat || readers[tensor] != 1 || writer[tensor] < 0) continue;
      Step& maker = steps[static_cast<size_t>(writer[tensor])];
      if (model.tensors[tensor].role != kInnerTensor || !maker.fast || !has_weights(maker.kind)) continue;
      if (!maker.weighted.layer.fast) continue;
      append_copy(maker.weighted, copy);
      maker.out = steps[i].out;
      maker.out.first += copy.first_channel;
      steps[i].copied[k] = true;
    }
  }
}

size_t find_chains(const quant::PackedModel& model, std::vector<Step>& steps) {
  constexpr ptrdiff_t kLarge = ptrdiff_t{64} << 10;
  const std::vector<int> readers = count_readers(model);
  const auto reads_only = [&](size_t i, uint16_t tensor) {
    return cuts_into_rows(model, steps, i) && quant::layer_input(model, model.layers[i]).tensor == tensor &&
           readers[tensor] == 1 && model.tensors[tensor].role == kInnerTensor;
  };
  size_t scratch = 0;
  for (size_t i = 0, end = 0; i < steps.size(); i = std::max(i + 1, end)) {
    if (!cuts_into_rows(model, steps, i)) continue;
    ptrdiff_t largest = 0;
    for (end = i + 1; end < steps.size() && reads_only(end, model.layers[end - 1].output); ++end)
      largest = std::max(largest, steps[end].in[0].item_bytes);
    if (largest < kLarge) continue;
    std::vector<StripLayer> layers;
    for (size_t k = i; k < end; ++k)
      layers.push_back({&steps[k].weighted.layer, steps[k].kind == LayerKind::depthwise, steps[k].in[0], steps[k].out});
    steps[i].chain = end - i;
    steps[i].strips = std::make_unique<StripChain>(std::move(layers));
    scratch = std::max(scratch, steps[i].strips->scratch_bytes());
  }
  return scratch;
}

}  // namespace flashcell::host::inference
