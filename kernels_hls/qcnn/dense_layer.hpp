#pragma once
#include "kernels_hls/qcnn/load_layer.hpp"

// Convolution and fully connected layers on the array of kLanes x kLanes multipliers.
namespace flashcell {
namespace kernels {

/// Part of one row of the window: kLanes input values from any address, the zero point outside of the image.
template <class S>
inline Lanes read_piece(const Arena<S>& arena, int64_t address, int64_t row_begin, int64_t row_end, uint8_t zero) {
  FLASHCELL_HLS(INLINE)
  const bool inside = row_begin < row_end && address + kLanes > row_begin && address < row_end;
  Lanes lanes = arena.read(inside ? address : 0);
  for (int lane = 0; lane < kLanes; ++lane) {
    FLASHCELL_HLS(UNROLL)
    const int64_t at = address + lane;
    if (at < row_begin || at >= row_end) lanes.value[lane] = zero;
  }
  return lanes;
}

/// kLanes output channels of one pixel: kLanes * kLanes products a clock. A row of the window is a run of neighbouring
/// bytes, whatever the number of channels, so that few channels do not leave the array empty.
template <class S>
void dense_layer(const contract::LayerDescriptor& layer, const Tensor& input, const Tensor& out,
                 const WeightShape& shape, Memory<S>& memory) {
  Tensor in = input;
  if (layer.kind == contract::LayerKind::fully_connected) {
    in.height = in.width = 1;
    in.channels = shape.row_values;
  }
  const uint32_t tiles = pieces_of(out.channels), row_words = static_cast<uint32_t>(shape.rows) * shape.pieces;
  const uint64_t steps = uint64_t{tiles} * out.height * out.width * row_words;
  const int64_t in_row = static_cast<int64_t>(in.width) * in.channels;
  const uint8_t zero = static_cast<uint8_t>(in.zero_point);
  uint32_t tile = 0, piece = 0;
  int row = 0, column = 0, window_row = 0;
  int32_t sums[kLanes];
  FLASHCELL_HLS(ARRAY_PARTITION variable = sums complete)
  FLASHCELL_LOOP(dense_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(dense_layer);
    const bool first = window_row == 0 && piece == 0;
    const bool last = window_row == shape.rows - 1 && piece == shape.pieces - 1;
    const int in_y = row * layer.stride - layer.pad_top + window_row;
    const int64_t row_begin = in.offset + in_y * in_row;
    const int64_t row_end = in_y >= 0 && in_y < in.height ? row_begin + in_row : row_begin;
    const int64_t address = row_begin + static_cast<int64_t>(column * layer.stride - layer.pad_left) * in.channels +
                            static_cast<int64_t>(piece) * kLanes;
    const Lanes values = read_piece(memory.arena, address, row_begin, row_end, zero);
    const uint32_t word = tile * row_words + static_cast<uint32_t>(window_row) * shape.pieces + piece;
    Lanes result = Lanes();
    for (int channel = 0; channel < kLanes; ++channel) {
      FLASHCELL_HLS(UNROLL)
      int32_t sum = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        FLASHCELL_HLS(UNROLL)
        sum += value_of(values.value[lane], in.is_signed) * memory.weights[word][channel][lane];
      }
      const Channel& parameters = memory.channels[tile][channel];
      // Places beyond the last channel hold what was there before: their sums may wrap, nobody stores them.
      sums[channel] = static_cast<int32_t>(static_cast<uint32_t>(first ? parameters.bias : sums[channel]) +
                                           static_cast<uint32_t>(sum));
      if (last && tile * kLanes + static_cast<uint32_t>(channel) < out.channels) {
        result.value[channel] = clamped(requantize(sums[channel], parameters.multiplier, parameters.shift), layer);
      }
    }
    if (last) {
      const uint32_t begin = tile * kLanes, left = out.channels - begin;
      const uint32_t pixel = static_cast<uint32_t>(row) * out.width + static_cast<uint32_t>(column);
      memory.arena.write(out.offset + pixel * out.channels + begin, result,
                         left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    }
    if (++piece == shape.pieces) {
      piece = 0;
      if (++window_row == shape.rows) {
        window_row = 0;
        if (++column == out.width) {
          column = 0;
          if (++row == out.height) {
            row = 0;
            ++tile;
          }
        }
      }
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
