#include "host/inference/engine/memory_plan.hpp"

#include <algorithm>

namespace flashcell::host::inference {
namespace {

using namespace contract;

/// First and last layer between which a tensor's memory is its own.
struct Life {
  int begin, end;
};

/// Layers that may be run as one: the first and the last of each one's.
std::vector<Life> groups(const quant::PackedModel& model) {
  std::vector<int> readers(model.tensors.size());
  for (const LayerInput& input : model.inputs) ++readers[input.tensor];
  const auto cuts_into_rows = [](const LayerDescriptor& layer) {
    return layer.kind == LayerKind::convolution || layer.kind == LayerKind::depthwise;
  };
  const int count = static_cast<int>(model.layers.size());
  std::vector<Life> groups;
  for (int i = 0; i < count; ++i) {
    const LayerDescriptor& layer = model.layers[static_cast<size_t>(i)];
    groups.push_back({i, i});
    if (i == 0 || !cuts_into_rows(layer)) continue;
    const LayerDescriptor& before = model.layers[static_cast<size_t>(i - 1)];
    const bool reads_it = quant::layer_input(model, layer).tensor == before.output && readers[before.output] == 1;
    if (cuts_into_rows(before) && reads_it) groups.back().begin = groups[static_cast<size_t>(i - 1)].begin;
  }
  for (int i = count - 2; i >= 0; --i) {
    const Life& next = groups[static_cast<size_t>(i + 1)];
    if (next.begin <= i) groups[static_cast<size_t>(i)].end = next.end;
  }
  return groups;
}

std::vector<Life> lives(const quant::PackedModel& model) {
  const std::vector<Life> group = groups(model);
  std::vector<Life> lives(model.tensors.size(), {-1, -1});
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerDescriptor& layer = model.layers[i];
    Life& output = lives[layer.output];
    output = {group[i].begin, group[i].end};
    for (size_t k = 0; k < layer.input_count; ++k) {
      Life& input = lives[quant::layer_input(model, layer, k).tensor];
      input.end = std::max(input.end, group[i].end);
      // What makes a concatenation's inputs may write into it.
      if (layer.kind == LayerKind::concat) output.begin = std::min(output.begin, input.begin);
    }
  }
  return lives;
}

constexpr size_t kAlignment = 64;

size_t aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

MemoryPlan plan_memory(const quant::PackedModel& model, const std::vector<size_t>& bytes,
                       const std::vector<bool>& may_share) {
  const std::vector<Life> life = lives(model);
  MemoryPlan plan;
  plan.offsets.resize(bytes.size());
  std::vector<size_t> order(bytes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return bytes[a] > bytes[b]; });
  std::vector<size_t> placed;  // by address
  for (const size_t index : order) {
    size_t offset = 0;
    for (const size_t other : placed) {
      const bool apart = life[index].begin > life[other].end || life[other].begin > life[index].end;
      if (may_share[index] && may_share[other] && apart) continue;
      if (offset + bytes[index] <= plan.offsets[other]) break;
      offset = std::max(offset, aligned(plan.offsets[other] + bytes[other]));
    }
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes[index]);
    const auto before = [&](size_t a, size_t b) { return plan.offsets[a] < plan.offsets[b]; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index, before), index);
  }
  return plan;
}

}  // namespace flashcell::host::inference
