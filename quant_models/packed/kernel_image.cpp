#include "quant_models/packed/kernel_image.hpp"

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
  header.tensor_count = static_cast<uint32_t>(model.tensors.size());
  header.channel_count = static_cast<uint32_t>(model.channels.size());
  header.weight_bytes = static_cast<uint32_t>(model.weights.size());
  header.arena_bytes = model.arena_bytes;
  header.input_bytes = static_cast<uint32_t>(bytes_of_role(model, contract::kInputTensor));
  header.output_bytes = static_cast<uint32_t>(bytes_of_role(model, contract::kOutputTensor));
  std::vector<uint8_t> image;
  append(std::vector<contract::QcnnHeader>{header}, image);
  append(model.layers, image);
  append(model.tensors, image);
  append(model.channels, image);
  append(model.weights, image);
  return image;
}

namespace {

bool fits(const contract::QcnnBuild& build, const PackedModel& model) {
  if (model.arena_bytes > build.arena_bytes || model.tensors.size() > build.tensors) return false;
  for (const contract::LayerDescriptor& layer : model.layers) {
    const contract::TensorDescriptor& in = model.tensors[layer.inputs[0]];
    const uint32_t channels = model.tensors[layer.output].channels;
    const uint32_t words = contract::qcnn_weight_words(layer.kind, layer.kernel_height, layer.kernel_width,
                                                       bytes_of(in), in.channels, channels);
    if (contract::has_weights(layer.kind) && (words > build.weight_words || channels > build.channels)) return false;
  }
  return true;
}

}  // namespace

const contract::QcnnBuild* build_for(const PackedModel& model) {
  for (const contract::QcnnBuild& build : contract::kQcnnBuilds) {
    if (fits(build, model)) return &build;
  }
  return nullptr;
}

}  // namespace flashcell::quant
