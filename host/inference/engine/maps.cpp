#include "host/inference/engine/maps.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "host/inference/engine/memory_plan.hpp"
#include "host/inference/engine/prepack.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

constexpr size_t kCacheBytes = size_t{256} << 10;  // of activations that are worked on together
constexpr size_t kMostItems = 64;
constexpr size_t kSlack = 64;  // vector loads may reach this far beyond a tensor's last value
constexpr uint64_t kMostBytes = uint64_t{2} << 30;

struct Border {
  int top = 0, left = 0, bottom = 0, right = 0;
};

/// The widest padding of all layers that read a tensor.
std::vector<Border> borders(const quant::PackedModel& model) {
  std::vector<Border> borders(model.tensors.size());
  for (const LayerDescriptor& layer : model.layers) {
    if (!has_weights(layer.kind)) continue;
    Border& border = borders[quant::layer_input(model, layer).tensor];
    border.top = std::max<int>(border.top, layer.pad_top);
    border.left = std::max<int>(border.left, layer.pad_left);
    border.bottom = std::max<int>(border.bottom, layer.pad_bottom);
    border.right = std::max<int>(border.right, layer.pad_right);
  }
  return borders;
}

/// Copies bytes, turning signed values into stored ones or back.
void copy_values(const uint8_t* from, size_t count, bool is_signed, uint8_t* to) {
  if (!is_signed) {
    std::memcpy(to, from, count);
    return;
  }
  for (size_t i = 0; i < count; ++i) to[i] = from[i] ^ 0x80;
}

}  // namespace

ActivationMemory::ActivationMemory(const quant::PackedModel& model) {
  const std::vector<Border> border = borders(model);
  uint64_t item_bytes = 0;
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    const TensorDescriptor& tensor = model.tensors[i];
    Map map = {};
    map.height = tensor.height;
    map.width = tensor.width;
    map.channels = tensor.channels * bytes_per_value(tensor.type);
    map.row_bytes = static_cast<ptrdiff_t>(border[i].left + tensor.width + border[i].right) * map.channels;
    map.item_bytes = (border[i].top + tensor.height + border[i].bottom) * map.row_bytes;
    map.bordered = border[i].top + border[i].left + border[i].bottom + border[i].right != 0;
    map.zero = tensor.zero_point + stored_offset(tensor);
    maps_.push_back(map);
    item_bytes += static_cast<uint64_t>(map.item_bytes);
  }
  items_ = std::clamp<size_t>(kCacheBytes / item_bytes, 1, kMostItems);
  if (item_bytes * items_ > kMostBytes) {
    throw Error(Fault::input, model.name + ": its activations need more than 2 GiB; take a smaller input");
  }
  std::vector<size_t> bytes;
  for (const Map& map : maps_) {
    bytes.push_back(items_ * static_cast<size_t>(map.item_bytes));
    largest_map_ = std::max(largest_map_, bytes.back());
    bytes.back() += kSlack;
  }
  const MemoryPlan plan = plan_memory(model, bytes, may_share(model));
  bytes_.resize(plan.bytes);
  for (size_t i = 0; i < maps_.size(); ++i) {
    Map& map = maps_[i];
    uint8_t* first = bytes_.data() + plan.offsets[i];
    std::memset(first, map.zero, bytes[i]);
    map.first = first + border[i].top * map.row_bytes + static_cast<ptrdiff_t>(border[i].left) * map.channels;
  }
}

/// Tensors whose every byte is written in each run.
std::vector<bool> ActivationMemory::may_share(const quant::PackedModel& model) const {
  std::vector<bool> may;
  for (size_t i = 0; i < maps_.size(); ++i) may.push_back(!maps_[i].bordered && model.tensors[i].role == kInnerTensor);
  for (const LayerDescriptor& layer : model.layers) {
    if (layer.kind == LayerKind::constant) may[layer.output] = false;
  }
  return may;
}

void ActivationMemory::load(const TensorDescriptor& tensor, size_t index, size_t item, const uint8_t* from) {
  const Map& map = maps_[index];
  const size_t row_bytes = static_cast<size_t>(map.width) * static_cast<size_t>(map.channels);
  for (int row = 0; row < map.height; ++row, from += row_bytes)
    copy_values(from, row_bytes, tensor.type == ActivationType::signed8,
                map.first + static_cast<ptrdiff_t>(item) * map.item_bytes + row * map.row_bytes);
}

void ActivationMemory::store(const TensorDescriptor& tensor, size_t index, size_t item, uint8_t* to) const {
  const Map& map = maps_[index];
  const size_t row_bytes = static_cast<size_t>(map.width) * static_cast<size_t>(map.channels);
  for (int row = 0; row < map.height; ++row, to += row_bytes)
    copy_values(map.first + static_cast<ptrdiff_t>(item) * map.item_bytes + row * map.row_bytes, row_bytes,
                tensor.type == ActivationType::signed8, to);
}

void ActivationMemory::load(const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items) {
  const uint8_t* from = inputs.data();
  for (size_t item = 0; item < items; ++item) {
    for (size_t i = 0; i < maps_.size(); ++i) {
      if (!(model.tensors[i].role & kInputTensor)) continue;
      load(model.tensors[i], i, item, from);
      from += quant::bytes_of(model.tensors[i]);
    }
  }
}

void ActivationMemory::store(const quant::PackedModel& model, std::span<uint8_t> outputs, size_t items) const {
  uint8_t* to = outputs.data();
  for (size_t item = 0; item < items; ++item) {
    for (size_t i = 0; i < maps_.size(); ++i) {
      if (!(model.tensors[i].role & kOutputTensor)) continue;
      store(model.tensors[i], i, item, to);
      to += quant::bytes_of(model.tensors[i]);
    }
  }
}

}  // namespace flashcell::host::inference
