#include <algorithm>

#include "quant_models/packed/model_builder.hpp"

namespace flashcell::quant {
namespace {

/// First and last layer between which a tensor's memory is its own.
struct Life {
  int begin, end;
};

std::vector<Life> lives(const PackedModel& model) {
  const int layer_count = static_cast<int>(model.layers.size());
  std::vector<Life> lives(model.tensors.size(), {-1, -1});
  for (int i = 0; i < layer_count; ++i) {
    const contract::LayerDescriptor& layer = model.layers[static_cast<size_t>(i)];
    for (size_t input = 0; input < layer.input_count; ++input) lives[layer_input(model, layer, input).tensor].end = i;
    lives[layer.output].begin = i;
  }
  for (size_t i = 0; i < lives.size(); ++i) {
    if (model.tensors[i].role & contract::kOutputTensor) lives[i].end = layer_count;
  }
  return lives;
}

constexpr uint64_t kTensorAlignment = 64;

uint64_t aligned(uint64_t bytes) {
  return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

}  // namespace

void plan_arena(PackedModel& model) {
  const std::vector<Life> life = lives(model);
  std::vector<size_t> order(model.tensors.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return bytes_of(model.tensors[a]) > bytes_of(model.tensors[b]); });
  uint64_t arena = 0;
  std::vector<size_t> placed;  // by address
  for (const size_t index : order) {
    uint64_t offset = 0;
    const uint64_t bytes = bytes_of(model.tensors[index]);
    for (const size_t other : placed) {
      if (life[index].begin > life[other].end || life[other].begin > life[index].end) continue;
      if (offset + bytes <= model.tensors[other].arena_offset) break;
      offset = std::max(offset, aligned(uint64_t{model.tensors[other].arena_offset} + bytes_of(model.tensors[other])));
    }
    // A model beyond the limit is refused by validate(); here it only must not wrap around.
    model.tensors[index].arena_offset = static_cast<uint32_t>(std::min<uint64_t>(offset, contract::kMaxArenaBytes));
    arena = std::max(arena, offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                   [&](size_t a, size_t b) {
                                     return model.tensors[a].arena_offset < model.tensors[b].arena_offset;
                                   }),
                  index);
  }
  model.arena_bytes = static_cast<uint32_t>(std::min<uint64_t>(arena, UINT32_MAX));
}

}  // namespace flashcell::quant
