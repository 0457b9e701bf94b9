#pragma once
#include "kernels_hls/qcnn/load_layer.hpp"

// Depthwise convolutions and pools: kLanes channels of one tap of the window a clock.
namespace flashcell {
namespace kernels {

/// What one lane's sum becomes.
template <class S>
inline uint8_t finished(const contract::LayerDescriptor& layer, const contract::Requantization& scale,
                        const Tensor& out, int32_t sum, const Channel& channel) {
  FLASHCELL_HLS(INLINE)
  switch (layer.kind) {
    case contract::LayerKind::depthwise:
      return static_cast<uint8_t>(clamped(requantize(sum, channel.multiplier, channel.shift), layer));
    case contract::LayerKind::max_pool:
      return static_cast<uint8_t>(sum);
    default:
      return static_cast<uint8_t>(clamped(out.zero_point + requantize(sum, scale), layer));
  }
}

template <class S>
void window_layer(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& in,
                  const Tensor& out, Memory<S>& memory) {
  const bool whole = layer.kind == contract::LayerKind::global_average_pool;
  const int height = whole ? in.height : layer.kernel_height, width = whole ? in.width : layer.kernel_width;
  const uint32_t pieces = pieces_of(in.channels);
  const uint64_t steps =
      uint64_t{out.height} * out.width * pieces * static_cast<uint32_t>(height) * static_cast<uint32_t>(width);
  uint32_t piece = 0;
  int row = 0, column = 0, tap_row = 0, tap_column = 0;
  int32_t sums[kLanes];
  FLASHCELL_HLS(ARRAY_PARTITION variable = sums complete)
  FLASHCELL_LOOP(window_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(window_layer);
    const bool first = tap_row == 0 && tap_column == 0;
    const bool last = tap_row == height - 1 && tap_column == width - 1;
    const int y = row * layer.stride_rows - layer.pad_top + tap_row * layer.dilation_rows;
    const int x = column * layer.stride_columns - layer.pad_left + tap_column * layer.dilation_columns;
    const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
    const int64_t address = in.offset + (static_cast<int64_t>(y) * in.width + x) * in.channels + piece * kLanes;
    const Lanes values = memory.arena.read(inside ? address : 0);
    const uint32_t word = static_cast<uint32_t>(tap_row * width + tap_column) * pieces + piece;
    const uint32_t left = in.channels - piece * kLanes;
    Lanes result = Lanes();
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int value = inside ? value_of(values.value[lane], in.is_signed) : in.zero_point;
      const Channel& channel = memory.channels[layer.kind == contract::LayerKind::depthwise ? piece : 0][lane];
      if (static_cast<uint32_t>(lane) < left) {
        if (layer.kind == contract::LayerKind::depthwise) {
          sums[lane] =
              (first ? static_cast<int32_t>(channel.bias) : sums[lane]) + value * memory.weights[word][0][lane];
        } else if (layer.kind == contract::LayerKind::max_pool) {
          const int before = first ? -256 : sums[lane];
          sums[lane] = inside && value > before ? value : before;
        } else {
          sums[lane] = (first ? 0 : sums[lane]) + value - in.zero_point;
        }
        if (last) result.value[lane] = finished<S>(layer, scale, out, sums[lane], channel);
      }
    }
    if (last) {
      const uint32_t pixel = static_cast<uint32_t>(row) * out.width + static_cast<uint32_t>(column);
      memory.arena.write(out.offset + pixel * out.channels + piece * kLanes, result,
                         left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    }
    if (++tap_column == width) {
      tap_column = 0;
      if (++tap_row == height) {
        tap_row = 0;
        if (++piece == pieces) {
          piece = 0;
          if (++column == out.width) {
            column = 0;
            ++row;
          }
        }
      }
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
