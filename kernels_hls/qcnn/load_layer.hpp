#pragma once
#include "kernels_hls/qcnn/layer.hpp"

// Weights and channel parameters of one layer, from the port onto the chip.
namespace flashcell {
namespace kernels {

inline contract::QcnnWindow window_of(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out) {
  return contract::qcnn_window(layer, values_of(in), in.channels, out.bytes);
}

/// A stored weight's number: narrow two's complement; 1 bit: -1 and 1; a ternary digit: -1, 0 and 1.
inline int8_t weight_of(int stored, int bits) {
  FLASHCELL_HLS(INLINE)
  if (bits == contract::kTernaryBits) return static_cast<int8_t>(stored - 1);
  if (bits == 1) return static_cast<int8_t>(2 * stored - 1);
  const int sign = 1 << (bits - 1);
  return static_cast<int8_t>((stored ^ sign) - sign);
}

/// One piece a clock.
template <class S>
void load_weights(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                  const contract::QcnnWindow& window, uint32_t channels, Memory<S>& memory) {
  const uint64_t first_word = image.weights + layer.weight_offset / kWordBytes;
  ValueReader reader(model, first_word, first_word + words_for(layer.weight_bytes), layer.weight_bits);
  const uint32_t row_words = window.rows * window.pieces;
  // All channels of a depthwise layer's tap are neighbours.
  const uint32_t own = layer.kind == contract::LayerKind::depthwise ? 1 : channels;
  uint32_t channel = 0, row = 0, piece = 0;
  FLASHCELL_LOOP(load_weights, 1, 8)
  for (uint64_t step = 0; step < uint64_t{own} * row_words; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_weights);
    const uint32_t begin = piece * kLanes;
    const uint32_t count = begin < window.row_values ? window.row_values - begin : 0;
    const Lanes lanes = reader.take(count < static_cast<uint32_t>(kLanes) ? static_cast<int>(count) : kLanes);
    const uint32_t word = channel / kLanes * row_words + row * window.pieces + piece;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      memory.weights[word][channel % kLanes][lane] =
          static_cast<uint32_t>(lane) < count ? weight_of(lanes.value[lane], layer.weight_bits) : int8_t{0};
    }
    if (++piece == window.pieces) {
      piece = 0;
      if (++row == window.rows) {
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
    to.bias = static_cast<int64_t>(uint64_t{field(word, begin, 4)} | uint64_t{field(word, begin + 4, 4)} << 32);
    to.multiplier = scale.multiplier;
    to.shift = scale.shift;
  }
}

}  // namespace kernels
}  // namespace flashcell
