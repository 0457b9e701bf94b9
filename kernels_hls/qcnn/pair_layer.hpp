#pragma once
#include "kernels_hls/qcnn/values.hpp"

// Sums and products of two values, number by number: a piece every second clock, since two are read and one is written
// through two ports of the memory. No layer writes what it reads (the host has proved it): iterations do not depend on
// each other through the arena.
namespace flashcell {
namespace kernels {

/// One of the two, which may have a single pixel or a single channel for all of the output's.
struct Operand {
  Tensor tensor;
  contract::Requantization scale;
  bool one_pixel, one_channel;
};

inline Operand operand(const Tensor& tensor, const contract::Requantization& scale, const Tensor& out) {
  return Operand{tensor, scale, tensor.height == 1 && tensor.width == 1 && (out.height > 1 || out.width > 1),
                 tensor.channels == 1 && out.channels > 1};
}

template <class S>
inline Values read_operand(const Arena<S>& arena, const Operand& from, uint32_t pixel, uint32_t channels,
                           uint32_t channel) {
  FLASHCELL_HLS(INLINE)
  const uint32_t place = (from.one_pixel ? 0 : pixel) * (from.one_channel ? 1 : channels);
  const Values stored = read_values(arena, from.tensor, place + (from.one_channel ? 0 : channel));
  Values values;
  for (int lane = 0; lane < kLanes; ++lane) {
    FLASHCELL_HLS(UNROLL)
    values.value[lane] = stored.value[from.one_channel ? 0 : lane] - from.tensor.zero_point;
  }
  return values;
}

inline int64_t pair_value(const contract::LayerDescriptor& layer, const Operand& a, const Operand& b, int32_t x,
                          int32_t y) {
  FLASHCELL_HLS(INLINE)
  if (layer.kind == contract::LayerKind::multiply) return contract::requantize(int64_t{x} * y, a.scale);
  const int64_t half = layer.fraction_bits == 0 ? 0 : int64_t{1} << (layer.fraction_bits - 1);
  return (contract::requantize(x, a.scale) + contract::requantize(y, b.scale) + half) >> layer.fraction_bits;
}

template <class S>
void pair_layer(const contract::LayerDescriptor& layer, const Operand& a, const Operand& b, const Tensor& out,
                Memory<S>& memory) {
  // Equal shapes are one long row.
  const bool flat = !a.one_pixel && !a.one_channel && !b.one_pixel && !b.one_channel;
  const uint32_t channels = flat ? values_of(out) : out.channels;
  const uint32_t pixels = values_of(out) / channels, each = piece_values(a.tensor, b.tensor, out);
  const uint64_t steps = uint64_t{pixels} * contract::qcnn_pieces(channels, each);
  uint32_t pixel = 0, begin = 0;
  FLASHCELL_LOOP(pair_layer, 2, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 2)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(pair_layer);
    const Values first = read_operand(memory.arena, a, pixel, channels, begin);
    const Values second = read_operand(memory.arena, b, pixel, channels, begin);
    Values result;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int64_t value = pair_value(layer, a, b, first.value[lane], second.value[lane]);
      result.value[lane] = clamped(out.zero_point + value, layer);
    }
    write_values(memory.arena, out, pixel * channels + begin, result, piece_count(channels - begin, each));
    begin += each;
    if (begin >= channels) {
      begin = 0;
      ++pixel;
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
