#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/calibration.hpp"
#include "kernels_hls/contract/qcnn.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::quant {

/// A quantized network, ready to run: what the engine reads (contract/qcnn.hpp says what it means) and what people
/// read. Make one with ModelBuilder; validate() says whether one is sound.
struct PackedModel {
  std::vector<contract::LayerDescriptor> layers;
  std::vector<contract::LayerInput> inputs;  ///< of all layers
  std::vector<contract::TensorDescriptor> tensors;
  std::vector<contract::ChannelParameters> channels;
  std::vector<uint8_t> weights;
  uint32_t arena_bytes = 0;

  std::string name;
  std::vector<std::string> layer_names;   ///< one a layer
  std::vector<std::string> tensor_names;  ///< one a tensor
  std::vector<float> tensor_scales;       ///< real = scale * (q - zero_point); one a tensor
  std::vector<std::string> class_names;   ///< may be empty
  Preprocessing preprocessing;            ///< its values are then quantized with the first input's scale and zero point
  /// Of its scores of classes; strangeness: the second best class's score less the best one's. None: never measured.
  std::optional<Calibration> calibration;
};

/// Numbers, bytes of one tensor.
inline uint64_t values_of(const contract::TensorDescriptor& tensor) {
  return uint64_t{tensor.height} * tensor.width * tensor.channels;
}
inline uint32_t bytes_of(const contract::TensorDescriptor& tensor) {
  return static_cast<uint32_t>(values_of(tensor) * static_cast<uint64_t>(contract::bytes_per_value(tensor.type)));
}

/// A layer's input `i`: the table's entry, the tensor.
inline const contract::LayerInput& layer_input(const PackedModel& model, const contract::LayerDescriptor& layer,
                                               size_t i = 0) {
  return model.inputs[layer.first_input + i];
}
inline const contract::TensorDescriptor& input_tensor(const PackedModel& model, const contract::LayerDescriptor& layer,
                                                      size_t i = 0) {
  return model.tensors[layer_input(model, layer, i).tensor];
}
inline const contract::TensorDescriptor& output_tensor(const PackedModel& model,
                                                       const contract::LayerDescriptor& layer) {
  return model.tensors[layer.output];
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

/// Multiply-accumulates of a layer with weights (padding counts) or a product; 0 for others.
uint64_t multiply_accumulates(const PackedModel& model, const contract::LayerDescriptor& layer);

}  // namespace flashcell::quant
