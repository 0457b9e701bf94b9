#pragma once
#include "kernels_hls/qcnn/load_layer.hpp"
#include "kernels_hls/qcnn/values.hpp"

// Convolutions and fully connected layers on the array of kLanes x kLanes multipliers.
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

/// Neighbouring bytes of the input that one row of the window reads, for one pixel of the output; none: begin == end.
struct RowRun {
  int64_t begin, end;  ///< in the arena: of what may be read
  int64_t first;       ///< where the row begins
};

/// Place of the input at tap `tap` of a window, along one direction; below 0 where there is none.
inline int tap_place(bool transposed, int place, int tap, int stride, int dilation, int pad, int side) {
  FLASHCELL_HLS(INLINE)
  const int spread = transposed ? place + pad - dilation * tap : place * stride - pad + dilation * tap;
  if (!transposed) return spread < side ? spread : -1;
  if (spread < 0 || spread % stride != 0) return -1;
  return spread / stride < side ? spread / stride : -1;
}

inline RowRun run_of_tap(const contract::LayerDescriptor& layer, const Tensor& in, int row, int column, int tap) {
  FLASHCELL_HLS(INLINE)
  const bool transposed = layer.kind == contract::LayerKind::transposed_convolution;
  const int y = tap_place(transposed, row, tap / layer.kernel_width, layer.stride_rows, layer.dilation_rows,
                          layer.pad_top, in.height);
  const int x = tap_place(transposed, column, tap % layer.kernel_width, layer.stride_columns, layer.dilation_columns,
                          layer.pad_left, in.width);
  const int64_t first = in.offset + (static_cast<int64_t>(y) * in.width + x) * in.channels;
  return RowRun{first, y >= 0 && x >= 0 ? first + in.channels : first, first};
}

inline RowRun run_of_row(const contract::LayerDescriptor& layer, const Tensor& in, int row, int column,
                         int window_row) {
  FLASHCELL_HLS(INLINE)
  const int64_t in_row = static_cast<int64_t>(in.width) * in.channels;
  const int y = row * layer.stride_rows - layer.pad_top + window_row * layer.dilation_rows;
  const int64_t begin = in.offset + y * in_row;
  return RowRun{begin, y >= 0 && y < in.height ? begin + in_row : begin,
                begin + static_cast<int64_t>(column * layer.stride_columns - layer.pad_left) * in.channels};
}

/// kLanes output channels of one pixel: kLanes * kLanes products a clock. A row of the window is a run of neighbouring
/// bytes, whatever the number of channels, so that few channels do not leave the array empty.
template <class S>
void dense_layer(const contract::LayerDescriptor& layer, const Tensor& input, const Tensor& out,
                 const contract::QcnnWindow& window, Memory<S>& memory) {
  Tensor in = input;
  if (layer.kind == contract::LayerKind::fully_connected) {
    in.height = in.width = 1;
    in.channels = window.row_values;
  }
  const bool by_taps = contract::qcnn_by_taps(layer);
  const uint32_t tiles = pieces_of(out.channels), row_words = window.rows * window.pieces;
  const uint64_t steps = uint64_t{tiles} * out.height * out.width * row_words;
  const uint8_t zero = static_cast<uint8_t>(in.zero_point);
  uint32_t tile = 0, piece = 0, window_row = 0;
  int row = 0, column = 0;
  int32_t sums[kLanes];
  FLASHCELL_HLS(ARRAY_PARTITION variable = sums complete)
  FLASHCELL_LOOP(dense_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(dense_layer);
    const bool first = window_row == 0 && piece == 0;
    const bool last = window_row == window.rows - 1 && piece == window.pieces - 1;
    const RowRun run = by_taps ? run_of_tap(layer, in, row, column, static_cast<int>(window_row))
                               : run_of_row(layer, in, row, column, static_cast<int>(window_row));
    const Lanes values =
        read_piece(memory.arena, run.first + static_cast<int64_t>(piece) * kLanes, run.begin, run.end, zero);
    const uint32_t word = tile * row_words + window_row * window.pieces + piece;
    Values result = Values();
    for (int channel = 0; channel < kLanes; ++channel) {
      FLASHCELL_HLS(UNROLL)
      int32_t sum = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        FLASHCELL_HLS(UNROLL)
        sum += value_of(values.value[lane], in.is_signed) * memory.weights[word][channel][lane];
      }
      const Channel& parameters = memory.channels[tile][channel];
      // Places beyond the last channel hold what was there before: their sums may wrap, nobody stores them.
      sums[channel] =
          static_cast<int32_t>(static_cast<uint32_t>(first ? static_cast<int32_t>(parameters.bias) : sums[channel]) +
                               static_cast<uint32_t>(sum));
      if (last && tile * kLanes + static_cast<uint32_t>(channel) < out.channels) {
        result.value[channel] = clamped(requantize(sums[channel], parameters.multiplier, parameters.shift), layer);
      }
    }
    if (last) {
      const uint32_t begin = tile * kLanes;
      const uint32_t pixel = static_cast<uint32_t>(row) * out.width + static_cast<uint32_t>(column);
      write_all_values(memory.arena, out, pixel * out.channels + begin, result,
                       piece_count(out.channels - begin, kLanes));
    }
    if (++piece == window.pieces) {
      piece = 0;
      if (++window_row == window.rows) {
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
