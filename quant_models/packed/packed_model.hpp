#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels_hls/contract/qcnn.hpp"

namespace flashcell::quant {

/// How an image becomes the first input tensor: value = (pixel - mean) * factor, pixel 0..255, then quantized with the
/// tensor's scale and zero point.
struct Preprocessing {
  enum class Channels : uint8_t { grey = 0, rgb = 1, bgr = 2 };
  Channels channels = Channels::grey;
  std::array<float, 3> mean = {0, 0, 0};
  std::array<float, 3> factor = {1.0f / 255, 1.0f / 255, 1.0f / 255};  ///< above 0

  bool operator==(const Preprocessing&) const = default;
};

/// A quantized network, ready to run: what the engine reads (contract/qcnn.hpp says what it means) and what people
/// read. Make one with ModelBuilder; validate() says whether one is sound.
struct PackedModel {
  std::vector<contract::LayerDescriptor> layers;
  std::vector<contract::TensorDescriptor> tensors;
  std::vector<contract::ChannelParameters> channels;
  std::vector<uint8_t> weights;
  uint32_t arena_bytes = 0;

  std::string name;
  std::vector<std::string> layer_names;   ///< one a layer
  std::vector<std::string> tensor_names;  ///< one a tensor
  std::vector<float> tensor_scales;       ///< real = scale * (q - zero_point); one a tensor
  std::vector<std::string> class_names;   ///< may be empty
  Preprocessing preprocessing;
};

/// Bytes of one tensor.
inline uint32_t bytes_of(const contract::TensorDescriptor& tensor) {
  return static_cast<uint32_t>(tensor.height) * tensor.width * tensor.channels;
}

/// Bytes of one item: all tensors of a role, in the table's order, without gaps.
inline uint64_t bytes_of_role(const PackedModel& model, contract::TensorRole role) {
  uint64_t bytes = 0;
  for (const contract::TensorDescriptor& tensor : model.tensors) {
    if (tensor.role & role) bytes += bytes_of(tensor);
  }
  return bytes;
}

/// Weights of a layer, in number; 0 where it has none.
uint64_t weight_count(const PackedModel& model, const contract::LayerDescriptor& layer);

/// Multiply-accumulates of a layer with weights (padding counts); 0 for others.
uint64_t multiply_accumulates(const PackedModel& model, const contract::LayerDescriptor& layer);

}  // namespace flashcell::quant
