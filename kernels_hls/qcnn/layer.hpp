#pragma once
#include <stddef.h>
#include <stdint.h>

#include "kernels_hls/contract/qcnn_kernel.hpp"
#include "kernels_hls/qcnn/memory.hpp"

// The tables in the model's image, and the arithmetic that all layers share.
namespace flashcell {
namespace kernels {

inline uint32_t pieces_of(uint64_t values) {
  return static_cast<uint32_t>((values + kLanes - 1) / kLanes);
}

inline uint64_t words_for(uint64_t bytes) {
  return (bytes + kWordBytes - 1) / kWordBytes;
}

/// Where the image's tables begin, in words.
struct ModelImage {
  explicit ModelImage(const Word& header)
      : layer_count(field(header, offsetof(contract::QcnnHeader, layer_count), 4)),
        tensor_count(field(header, offsetof(contract::QcnnHeader, tensor_count), 4)),
        arena_bytes(field(header, offsetof(contract::QcnnHeader, arena_bytes), 4)),
        input_bytes(field(header, offsetof(contract::QcnnHeader, input_bytes), 4)),
        output_bytes(field(header, offsetof(contract::QcnnHeader, output_bytes), 4)),
        layers(1),
        tensors(layers + layer_count),
        channels(tensors + (tensor_count + 3) / 4),
        weights(channels + (field(header, offsetof(contract::QcnnHeader, channel_count), 4) + 7) / 8) {}

  uint32_t layer_count, tensor_count, arena_bytes, input_bytes, output_bytes;
  uint32_t layers, tensors, channels, weights;
};

inline contract::LayerDescriptor layer_at(const Word& word) {
  using contract::LayerDescriptor;
  LayerDescriptor layer = LayerDescriptor();
  layer.kind = static_cast<contract::LayerKind>(field(word, offsetof(LayerDescriptor, kind), 1));
  layer.input_count = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, input_count), 1));
  layer.kernel_height = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, kernel_height), 1));
  layer.kernel_width = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, kernel_width), 1));
  layer.stride = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, stride), 1));
  layer.pad_top = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, pad_top), 1));
  layer.pad_left = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, pad_left), 1));
  layer.weight_bits = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, weight_bits), 1));
  layer.fraction_bits = static_cast<uint8_t>(field(word, offsetof(LayerDescriptor, fraction_bits), 1));
  layer.clamp_low = static_cast<int16_t>(field(word, offsetof(LayerDescriptor, clamp_low), 2));
  layer.clamp_high = static_cast<int16_t>(field(word, offsetof(LayerDescriptor, clamp_high), 2));
  layer.output = static_cast<uint16_t>(field(word, offsetof(LayerDescriptor, output), 2));
  for (int i = 0; i < contract::kMaxLayerInputs; ++i) {
    FLASHCELL_HLS(UNROLL)
    layer.inputs[i] =
        static_cast<uint16_t>(field(word, static_cast<int>(offsetof(LayerDescriptor, inputs)) + 2 * i, 2));
    layer.input_scale[i] = requantization_at(word, static_cast<int>(offsetof(LayerDescriptor, input_scale)) + 4 * i);
  }
  layer.first_channel = field(word, offsetof(LayerDescriptor, first_channel), 4);
  layer.weight_offset = field(word, offsetof(LayerDescriptor, weight_offset), 4);
  layer.weight_bytes = field(word, offsetof(LayerDescriptor, weight_bytes), 4);
  return layer;
}

/// The tensor in quarter `place` of a word.
inline Tensor tensor_at(const Word& word, int place) {
  using contract::TensorDescriptor;
  const int begin = static_cast<int>(sizeof(TensorDescriptor)) * place;
  const auto at = [&](size_t offset, int bytes) { return field(word, begin + static_cast<int>(offset), bytes); };
  Tensor tensor;
  tensor.height = static_cast<uint16_t>(at(offsetof(TensorDescriptor, height), 2));
  tensor.width = static_cast<uint16_t>(at(offsetof(TensorDescriptor, width), 2));
  tensor.channels = at(offsetof(TensorDescriptor, channels), 2);
  tensor.is_signed = at(offsetof(TensorDescriptor, type), 1) != 0;
  tensor.zero_point = static_cast<int16_t>(at(offsetof(TensorDescriptor, zero_point), 2));
  tensor.role = static_cast<uint8_t>(at(offsetof(TensorDescriptor, role), 1));
  tensor.offset = at(offsetof(TensorDescriptor, arena_offset), 4);
  return tensor;
}

inline uint32_t bytes_of(const Tensor& tensor) {
  return static_cast<uint32_t>(tensor.height) * tensor.width * tensor.channels;
}

/// A stored byte's number.
inline int value_of(uint8_t byte, bool is_signed) {
  return is_signed && byte >= 128 ? byte - 256 : byte;
}

/// R of contract/qcnn.hpp. The product has 48 bits, the sum 49.
inline int64_t requantize(int32_t sum, uint16_t multiplier, uint8_t shift) {
  FLASHCELL_HLS(INLINE)
  return (int64_t{sum} * multiplier + (int64_t{1} << (shift - 1))) >> shift;
}
inline int64_t requantize(int32_t sum, const contract::Requantization& scale) {
  return requantize(sum, scale.multiplier, scale.shift);
}

inline uint8_t clamped(int64_t value, const contract::LayerDescriptor& layer) {
  const int64_t high = value > layer.clamp_high ? layer.clamp_high : value;
  return static_cast<uint8_t>(high < layer.clamp_low ? layer.clamp_low : high);
}

}  // namespace kernels
}  // namespace flashcell
