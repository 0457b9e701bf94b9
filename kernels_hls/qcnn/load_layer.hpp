#pragma once
#include "kernels_hls/qcnn/layer.hpp"

// Weights and channel parameters of one layer, from the port onto the chip.
namespace flashcell {
namespace kernels {

/// What the multiplier array sees of a layer: rows of neighbouring input values.
struct WeightShape {
  int rows;             ///< of one output channel
  uint32_t row_values;  ///< values of a row
  uint32_t pieces;      ///< of kLanes values, of a row
  uint32_t channels;    ///< output channels with rows of their own: depthwise 1
};

inline WeightShape weight_shape(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out) {
  WeightShape shape;
  switch (layer.kind) {
    case contract::LayerKind::depthwise:
      shape = {layer.kernel_height * layer.kernel_width, in.channels, 0, 1};
      break;
    case contract::LayerKind::fully_connected:
      shape = {1, bytes_of(in), 0, out.channels};
      break;
    default:
      shape = {layer.kernel_height, layer.kernel_width * in.channels, 0, out.channels};
  }
  shape.pieces = pieces_of(shape.row_values);
  return shape;
}

/// One piece a clock.
template <class S>
void load_weights(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                  const WeightShape& shape, Memory<S>& memory) {
  const uint64_t first_word = image.weights + layer.weight_offset / kWordBytes;
  ValueReader reader(model, first_word, first_word + words_for(layer.weight_bytes), layer.weight_bits);
  const int sign = 1 << (layer.weight_bits - 1);
  const uint32_t row_words = static_cast<uint32_t>(shape.rows) * shape.pieces;
  uint32_t channel = 0, row = 0, piece = 0;
  FLASHCELL_LOOP(load_weights, 1, 8)
  for (uint64_t step = 0; step < uint64_t{shape.channels} * row_words; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_weights);
    const uint32_t left = shape.row_values - piece * kLanes;
    const Lanes lanes = reader.take(left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    const uint32_t word = channel / kLanes * row_words + row * shape.pieces + piece;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int bits = lanes.value[lane];
      memory.weights[word][channel % kLanes][lane] = static_cast<int8_t>((bits ^ sign) - sign);
    }
    if (++piece == shape.pieces) {
      piece = 0;
      if (++row == static_cast<uint32_t>(shape.rows)) {
        row = 0;
        ++channel;
      }
    }
  }
}

/// One channel a clock.
template <class S>
void load_channels(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                   uint32_t channels, Memory<S>& memory) {
  constexpr uint32_t kEach = sizeof(contract::ChannelParameters), kInWord = kWordBytes / kEach;
  Word word = 0;
  FLASHCELL_LOOP(load_channels, 1, 8)
  for (uint32_t channel = 0; channel < channels; ++channel) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_channels);
    const uint32_t index = layer.first_channel + channel;
    if (channel == 0 || index % kInWord == 0) word = model[image.channels + index / kInWord];
    const int begin = static_cast<int>(index % kInWord * kEach);
    const contract::Requantization scale =
        requantization_at(word, begin + static_cast<int>(offsetof(contract::ChannelParameters, scale)));
    Channel& to = memory.channels[channel / kLanes][channel % kLanes];
    to.bias = static_cast<int32_t>(field(word, begin, 4));
    to.multiplier = scale.multiplier;
    to.shift = scale.shift;
  }
}

}  // namespace kernels
}  // namespace flashcell
