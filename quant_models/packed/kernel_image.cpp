#include "quant_models/packed/kernel_image.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace flashcell::quant {
namespace {

// The descriptors are written as they lie in memory.
static_assert(std::endian::native == std::endian::little, "only little-endian machines are supported");

constexpr size_t kWordBytes = 64;

template <class T>
void append(const std::vector<T>& table, std::vector<uint8_t>& image) {
  const size_t begin = image.size(), bytes = table.size() * sizeof(T);
  image.resize(begin + (bytes + kWordBytes - 1) / kWordBytes * kWordBytes);
  if (bytes != 0) std::memcpy(image.data() + begin, table.data(), bytes);
}

}  // namespace

std::vector<uint8_t> kernel_image(const PackedModel& model) {
  contract::QcnnHeader header = {};
  header.version = contract::kQcnnVersion;
  header.layer_count = static_cast<uint32_t>(model.layers.size());
  header.layer_input_count = static_cast<uint32_t>(model.inputs.size());
  header.tensor_count = static_cast<uint32_t>(model.tensors.size());
  header.channel_count = static_cast<uint32_t>(model.channels.size());
  header.weight_bytes = static_cast<uint32_t>(model.weights.size());
  header.arena_bytes = model.arena_bytes;
  header.input_bytes = static_cast<uint32_t>(bytes_of_role(model, contract::kInputTensor));
  header.output_bytes = static_cast<uint32_t>(bytes_of_role(model, contract::kOutputTensor));
  std::vector<uint8_t> image;
  append(std::vector<contract::QcnnHeader>{header}, image);
  append(model.layers, image);
  append(model.inputs, image);
  append(model.tensors, image);
  append(model.channels, image);
  append(model.weights, image);
  return image;
}

namespace {

contract::QcnnValueBytes value_bytes(const PackedModel& model, const contract::LayerDescriptor& layer) {
  const int out = contract::bytes_per_value(output_tensor(model, layer).type);
  const auto of_input = [&](size_t i) {
    return i < layer.input_count ? contract::bytes_per_value(input_tensor(model, layer, i).type) : out;
  };
  return {of_input(0), of_input(1), out};
}

bool fits(const contract::QcnnBuild& build, const PackedModel& model, const contract::LayerDescriptor& layer) {
  const contract::QcnnValueBytes bytes = value_bytes(model, layer);
  if (!contract::qcnn_kernel_runs(layer, bytes)) return false;
  const contract::TensorDescriptor& out = output_tensor(model, layer);
  if (contract::has_channels(layer.kind) && out.channels > build.channels) return false;
  if (layer.input_count == 0) return true;
  const contract::TensorDescriptor& in = input_tensor(model, layer);
  return contract::qcnn_weight_words(layer, values_of(in), in.channels, in.bits, out.channels, bytes.output) <=
         build.weight_words;
}

bool fits(const contract::QcnnBuild& build, const PackedModel& model) {
  if (model.arena_bytes > build.arena_bytes || model.tensors.size() > build.tensors) return false;
  return std::all_of(model.layers.begin(), model.layers.end(),
                     [&](const contract::LayerDescriptor& layer) { return fits(build, model, layer); });
}

}  // namespace

const contract::QcnnBuild* build_for(const PackedModel& model) {
  for (const contract::QcnnBuild& build : contract::kQcnnBuilds) {
    if (fits(build, model)) return &build;
  }
  return nullptr;
}

}  // namespace flashcell::quant
