#pragma once
#include "kernels_hls/qcnn/layer.hpp"

// Add, concatenation and upsampling: kLanes values a clock; add, which reads two and writes one through two ports of
// the memory, every second clock. No layer writes what it reads (the host has proved it): iterations do not depend on
// each other through the arena.
namespace flashcell {
namespace kernels {

template <class S>
void add_layer(const contract::LayerDescriptor& layer, const Tensor& a, const Tensor& b, const Tensor& out,
               Memory<S>& memory) {
  const int half = layer.fraction_bits == 0 ? 0 : 1 << (layer.fraction_bits - 1);
  const uint32_t bytes = bytes_of(out);
  FLASHCELL_LOOP(add_layer, 2, 12)
  for (uint32_t begin = 0; begin < bytes; begin += kLanes) {
    FLASHCELL_HLS(PIPELINE II = 2)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(add_layer);
    const Lanes first = memory.arena.read(a.offset + begin), second = memory.arena.read(b.offset + begin);
    Lanes result = Lanes();
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int64_t sum = requantize(value_of(first.value[lane], a.is_signed) - a.zero_point, layer.input_scale[0]) +
                          requantize(value_of(second.value[lane], b.is_signed) - b.zero_point, layer.input_scale[1]);
      result.value[lane] = clamped(out.zero_point + ((sum + half) >> layer.fraction_bits), layer);
    }
    const uint32_t left = bytes - begin;
    memory.arena.write(out.offset + begin, result,
                       left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
  }
}

/// One input of a concatenation, into the output's channels from `first_channel` on.
template <class S>
void concat_input(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& in,
                  const Tensor& out, uint32_t first_channel, Memory<S>& memory) {
  const uint32_t pieces = pieces_of(in.channels), pixels = static_cast<uint32_t>(in.height) * in.width;
  uint32_t pixel = 0, piece = 0;
  FLASHCELL_LOOP(concat_input, 1, 12)
  for (uint64_t step = 0; step < uint64_t{pixels} * pieces; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(concat_input);
    const Lanes values = memory.arena.read(in.offset + pixel * in.channels + piece * kLanes);
    Lanes result = Lanes();
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int value = value_of(values.value[lane], in.is_signed) - in.zero_point;
      result.value[lane] = clamped(out.zero_point + requantize(value, scale), layer);
    }
    const uint32_t left = in.channels - piece * kLanes;
    memory.arena.write(out.offset + pixel * out.channels + first_channel + piece * kLanes, result,
                       left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    if (++piece == pieces) {
      piece = 0;
      ++pixel;
    }
  }
}

template <class S>
void upsample_layer(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const uint32_t pieces = pieces_of(in.channels);
  const uint64_t steps = uint64_t{out.height} * out.width * pieces;
  uint32_t row = 0, column = 0, piece = 0;  // of the output
  uint32_t in_row = 0, in_column = 0;       // row / stride, column / stride
  uint32_t row_copy = 0, column_copy = 0;   // the remainders
  FLASHCELL_LOOP(upsample_layer, 1, 8)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(upsample_layer);
    const uint32_t from = (in_row * in.width + in_column) * in.channels, to = (row * out.width + column) * in.channels;
    const uint32_t left = in.channels - piece * kLanes;
    memory.arena.write(out.offset + to + piece * kLanes, memory.arena.read(in.offset + from + piece * kLanes),
                       left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    if (++piece < pieces) continue;
    piece = 0;
    ++column;
    if (++column_copy == layer.stride) {
      column_copy = 0;
      ++in_column;
    }
    if (column < out.width) continue;
    column = column_copy = in_column = 0;
    ++row;
    if (++row_copy == layer.stride) {
      row_copy = 0;
      ++in_row;
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
