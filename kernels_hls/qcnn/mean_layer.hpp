#pragma once
#include "kernels_hls/contract/qcnn_functions.hpp"
#include "kernels_hls/qcnn/values.hpp"

// Weighted sums of a few pixels or of a pixel's channels, without weights of the model. Values of one byte.
namespace flashcell {
namespace kernels {

/// The mean of each pixel's channels: a piece a clock.
template <class S>
void channel_mean_layer(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& in,
                        const Tensor& out, Memory<S>& memory) {
  const uint64_t steps = uint64_t{in.height} * in.width * pieces_of(in.channels);
  uint32_t pixel = 0, begin = 0;
  int32_t sum = 0;
  FLASHCELL_LOOP(channel_mean_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(channel_mean_layer);
    const uint32_t count = piece_count(in.channels - begin, kLanes);
    const Values values = read_values(memory.arena, in, pixel * in.channels + begin);
    int32_t of_piece = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      of_piece += static_cast<uint32_t>(lane) < count ? values.value[lane] - in.zero_point : 0;
    }
    sum = (begin == 0 ? 0 : sum) + of_piece;
    begin += kLanes;
    if (begin < in.channels) continue;
    Values mean = Values();
    mean.value[0] = clamped(out.zero_point + contract::requantize(sum, scale), layer);
    write_values(memory.arena, out, pixel, mean, 1);
    begin = 0;
    ++pixel;
  }
}

/// Four pixels of the input for each of the output, one a clock.
template <class S>
void linear_upsample_layer(const contract::LayerDescriptor& layer, const contract::Requantization& scale,
                           const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const uint64_t steps = uint64_t{out.height} * out.width * pieces_of(in.channels) * 4;
  int row = 0, column = 0;
  uint32_t begin = 0, corner = 0;
  int32_t sums[kLanes];
  FLASHCELL_HLS(ARRAY_PARTITION variable = sums complete)
  FLASHCELL_LOOP(linear_upsample_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(linear_upsample_layer);
    const contract::LinearPlace y = contract::linear_place(row, layer.stride_rows, in.height);
    const contract::LinearPlace x = contract::linear_place(column, layer.stride_columns, in.width);
    const bool lower = corner / 2 == 0, left = corner % 2 == 0;
    const uint32_t pixel =
        static_cast<uint32_t>(lower ? y.low : y.high) * in.width + static_cast<uint32_t>(left ? x.low : x.high);
    const int32_t weight =
        (lower ? 2 * layer.stride_rows - y.second : y.second) * (left ? 2 * layer.stride_columns - x.second : x.second);
    const Values values = read_values(memory.arena, in, pixel * in.channels + begin);
    Values result;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      sums[lane] = (corner == 0 ? 0 : sums[lane]) + weight * (values.value[lane] - in.zero_point);
      result.value[lane] = clamped(out.zero_point + contract::requantize(sums[lane], scale), layer);
    }
    if (++corner < 4) continue;
    corner = 0;
    const uint32_t to = static_cast<uint32_t>(row) * out.width + static_cast<uint32_t>(column);
    write_values(memory.arena, out, to * out.channels + begin, result, piece_count(out.channels - begin, kLanes));
    begin += kLanes;
    if (begin < out.channels) continue;
    begin = 0;
    if (++column < out.width) continue;
    column = 0;
    ++row;
  }
}

}  // namespace kernels
}  // namespace flashcell
