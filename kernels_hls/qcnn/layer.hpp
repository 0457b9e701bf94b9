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
        inputs(layers + 2 * layer_count),
        tensors(inputs + (field(header, offsetof(contract::QcnnHeader, layer_input_count), 4) + 3) / 4),
        channels(tensors + (tensor_count + 3) / 4),
        weights(channels + (field(header, offsetof(contract::QcnnHeader, channel_count), 4) + 3) / 4) {}

  uint32_t layer_word(uint32_t layer) const { return layers + 2 * layer; }

  uint32_t layer_count, tensor_count, arena_bytes, input_bytes, output_bytes;
  uint32_t layers, inputs, tensors, channels, weights;
};

/// A layer's descriptor: two words.
class LayerWords {
 public:
  LayerWords(const Word& first, const Word& second) : first_(first), second_(second) {}

  uint32_t at(size_t offset, int bytes) const {
    FLASHCELL_HLS(INLINE)
    const int begin = static_cast<int>(offset);
    return begin < kWordBytes ? field(first_, begin, bytes) : field(second_, begin - kWordBytes, bytes);
  }
  contract::Strides strides_at(size_t offset) const {
    FLASHCELL_HLS(INLINE)
    return contract::Strides{at(offset, 4), at(offset + 4, 4), at(offset + 8, 4), at(offset + 12, 4),
                             at(offset + 16, 4)};
  }

 private:
  const Word first_, second_;
};

inline contract::LayerDescriptor layer_at(const Word* model, const ModelImage& image, uint32_t index) {
  using contract::LayerDescriptor;
  const LayerWords words(model[image.layer_word(index)], model[image.layer_word(index) + 1]);
  LayerDescriptor layer = LayerDescriptor();
  layer.kind = static_cast<contract::LayerKind>(words.at(offsetof(LayerDescriptor, kind), 1));
  layer.weight_bits = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, weight_bits), 1));
  layer.fraction_bits = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, fraction_bits), 1));
  layer.axis = static_cast<contract::Axis>(words.at(offsetof(LayerDescriptor, axis), 1));
  layer.kernel_height = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, kernel_height), 1));
  layer.kernel_width = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, kernel_width), 1));
  layer.stride_rows = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, stride_rows), 1));
  layer.stride_columns = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, stride_columns), 1));
  layer.dilation_rows = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, dilation_rows), 1));
  layer.dilation_columns = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, dilation_columns), 1));
  layer.pad_top = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, pad_top), 1));
  layer.pad_left = static_cast<uint8_t>(words.at(offsetof(LayerDescriptor, pad_left), 1));
  layer.input_count = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, input_count), 2));
  layer.clamp_low = static_cast<int32_t>(words.at(offsetof(LayerDescriptor, clamp_low), 4));
  layer.clamp_high = static_cast<int32_t>(words.at(offsetof(LayerDescriptor, clamp_high), 4));
  layer.first_input = words.at(offsetof(LayerDescriptor, first_input), 4);
  layer.output = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, output), 2));
  layer.first_channel = words.at(offsetof(LayerDescriptor, first_channel), 4);
  layer.weight_offset = words.at(offsetof(LayerDescriptor, weight_offset), 4);
  layer.weight_bytes = words.at(offsetof(LayerDescriptor, weight_bytes), 4);
  layer.constant = static_cast<int32_t>(words.at(offsetof(LayerDescriptor, constant), 4));
  layer.outer = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, outer), 2));
  layer.inner = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, inner), 2));
  layer.rows = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, rows), 2));
  layer.columns = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, columns), 2));
  layer.depth = static_cast<uint16_t>(words.at(offsetof(LayerDescriptor, depth), 2));
  layer.first_strides = words.strides_at(offsetof(LayerDescriptor, first_strides));
  layer.second_strides = words.strides_at(offsetof(LayerDescriptor, second_strides));
  layer.output_strides = words.strides_at(offsetof(LayerDescriptor, output_strides));
  return layer;
}

/// Input `i` of a layer.
inline contract::LayerInput input_at(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                                     uint32_t i) {
  using contract::LayerInput;
  constexpr uint32_t kInWord = kWordBytes / sizeof(LayerInput);
  const uint32_t index = layer.first_input + i;
  const Word word = model[image.inputs + index / kInWord];
  const int begin = static_cast<int>(index % kInWord * sizeof(LayerInput));
  LayerInput input = LayerInput();
  input.tensor = static_cast<uint16_t>(field(word, begin + static_cast<int>(offsetof(LayerInput, tensor)), 2));
  input.scale = requantization_at(word, begin + static_cast<int>(offsetof(LayerInput, scale)));
  return input;
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
  const auto type = static_cast<contract::ActivationType>(at(offsetof(TensorDescriptor, type), 1));
  tensor.bytes = static_cast<uint8_t>(contract::bytes_per_value(type));
  tensor.bits = static_cast<uint8_t>(at(offsetof(TensorDescriptor, bits), 1));
  tensor.is_signed = contract::is_signed(type);
  tensor.zero_point = static_cast<int16_t>(at(offsetof(TensorDescriptor, zero_point), 2));
  tensor.role = static_cast<uint8_t>(at(offsetof(TensorDescriptor, role), 1));
  tensor.offset = at(offsetof(TensorDescriptor, arena_offset), 4);
  return tensor;
}

inline uint32_t values_of(const Tensor& tensor) {
  return static_cast<uint32_t>(tensor.height) * tensor.width * tensor.channels;
}
inline uint32_t bytes_of(const Tensor& tensor) {
  return values_of(tensor) * tensor.bytes;
}

/// A stored byte's number.
inline int value_of(uint8_t byte, bool is_signed) {
  return is_signed && byte >= 128 ? byte - 256 : byte;
}

/// R of contract/qcnn.hpp with a multiplier of 16 bits: the product has 48 bits, the sum 49.
inline int64_t requantize(int32_t sum, int32_t multiplier, uint8_t shift) {
  FLASHCELL_HLS(INLINE)
  return (int64_t{sum} * multiplier + (int64_t{1} << (shift - 1))) >> shift;
}
inline int64_t requantize(int32_t sum, const contract::Requantization& scale) {
  return requantize(sum, scale.multiplier, scale.shift);
}

inline int32_t clamped(int64_t value, const contract::LayerDescriptor& layer) {
  const int64_t high = value > layer.clamp_high ? layer.clamp_high : value;
  return static_cast<int32_t>(high < layer.clamp_low ? layer.clamp_low : high);
}

}  // namespace kernels
}  // namespace flashcell
