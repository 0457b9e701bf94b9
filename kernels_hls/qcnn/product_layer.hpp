#pragma once
#include "kernels_hls/qcnn/values.hpp"

// A product of two matrices of values on the array of multipliers: the second one takes the place of weights. Parts of
// tensors, heads and transposed matrices are strides.
namespace flashcell {
namespace kernels {

inline uint32_t place_of(const contract::Strides& strides, uint32_t outer, uint32_t inner, uint32_t row,
                         uint32_t column) {
  return strides.first + outer * strides.outer + inner * strides.inner + row * strides.row + column * strides.column;
}

/// Values of `tensor` that are read at once along a stride: a piece where they lie side by side.
inline uint32_t run_along(uint32_t stride, const Tensor& tensor) {
  return stride != 1 ? 1 : tensor.bytes == 1 ? kLanes : kLanes / 2;
}

/// Column by column where a column's numbers lie side by side, else row by row; a run a clock.
template <class S>
void load_second(const contract::LayerDescriptor& layer, const Tensor& b, uint32_t outer, uint32_t inner,
                 Memory<S>& memory) {
  const contract::Strides& strides = layer.second_strides;
  const bool along_depth = strides.row == 1;
  const uint32_t fast = along_depth ? layer.depth : layer.columns, slow = along_depth ? layer.columns : layer.depth;
  const uint32_t each = run_along(along_depth ? strides.row : strides.column, b);
  const uint32_t column_words = pieces_of(layer.depth);
  uint32_t line = 0, begin = 0;
  FLASHCELL_LOOP(load_second, 1, 12)
  for (uint64_t step = 0; step < uint64_t{slow} * contract::qcnn_pieces(fast, each); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_second);
    const uint32_t depth = along_depth ? begin : line, column = along_depth ? line : begin;
    const Lanes values = memory.arena.read(int64_t{b.offset} + place_of(strides, outer, inner, depth, column));
    const uint32_t count = piece_count(fast - begin, each);
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (static_cast<uint32_t>(lane) < count) {
        const uint32_t k = depth + (along_depth ? static_cast<uint32_t>(lane) : 0);
        const uint32_t c = column + (along_depth ? 0 : static_cast<uint32_t>(lane));
        memory.weights[c / kLanes * column_words + k / kLanes][c % kLanes][k % kLanes] =
            static_cast<int8_t>(values.value[lane]);
      }
    }
    begin += each;
    if (begin < fast) continue;
    begin = 0;
    ++line;
  }
}

/// A row's numbers from depth `depth` on, in the lanes of their word; 0 in the others.
template <class S>
inline Values read_first(const contract::LayerDescriptor& layer, const Arena<S>& arena, const Tensor& a, uint32_t place,
                         uint32_t depth, uint32_t each) {
  FLASHCELL_HLS(INLINE)
  const Values values = read_values(arena, a, place);
  const uint32_t count = depth < layer.depth ? piece_count(layer.depth - depth, each) : 0;
  Values lanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    FLASHCELL_HLS(UNROLL)
    const uint32_t from = static_cast<uint32_t>(lane) - depth % kLanes;  // far beyond `count` below the first
    lanes.value[lane] = from < count ? values.value[from] - a.zero_point : 0;
  }
  return lanes;
}

/// kLanes columns of one row: as many numbers of the row as lie side by side, times kLanes columns, a clock.
template <class S>
void multiply_rows(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& a,
                   const Tensor& b, const Tensor& out, uint32_t outer, uint32_t inner, Memory<S>& memory) {
  const uint32_t each = run_along(layer.first_strides.column, a), tiles = pieces_of(layer.columns);
  const uint32_t runs = contract::qcnn_pieces(layer.depth, each);
  const uint32_t each_tile = out.bytes > 1 && runs == 1 ? 2 : runs;  // two clocks to write
  const uint32_t column_words = pieces_of(layer.depth);
  const uint64_t steps = uint64_t{layer.rows} * tiles * each_tile;
  uint32_t row = 0, tile = 0, run = 0;
  int32_t sums[kLanes];
  FLASHCELL_HLS(ARRAY_PARTITION variable = sums complete)
  FLASHCELL_LOOP(multiply_rows, 1, 18)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(multiply_rows);
    const uint32_t depth = run * each, word = depth < layer.depth ? depth / kLanes : 0;
    const Values values =
        read_first(layer, memory.arena, a,
                   place_of(layer.first_strides, outer, inner, row, depth < layer.depth ? depth : 0), depth, each);
    Values result;
    for (int column = 0; column < kLanes; ++column) {
      FLASHCELL_HLS(UNROLL)
      int32_t sum = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        FLASHCELL_HLS(UNROLL)
        const uint8_t stored = static_cast<uint8_t>(memory.weights[tile * column_words + word][column][lane]);
        // Columns beyond the last hold what was there before: their sums may wrap, nobody stores them.
        sum = static_cast<int32_t>(
            static_cast<uint32_t>(sum) +
            static_cast<uint32_t>(values.value[lane] * (value_of(stored, b.is_signed) - b.zero_point)));
      }
      sums[column] =
          static_cast<int32_t>((run == 0 ? 0 : static_cast<uint32_t>(sums[column])) + static_cast<uint32_t>(sum));
      result.value[column] = clamped(out.zero_point + contract::requantize(sums[column], scale), layer);
    }
    if (++run < each_tile) continue;
    run = 0;
    const uint32_t first = tile * kLanes;
    write_all_values(memory.arena, out, place_of(layer.output_strides, outer, inner, row, first), result,
                     piece_count(layer.columns - first, kLanes));
    if (++tile < tiles) continue;
    tile = 0;
    ++row;
  }
}

template <class S>
void product_layer(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& a,
                   const Tensor& b, const Tensor& out, Memory<S>& memory) {
  for (uint32_t outer = 0; outer < layer.outer; ++outer) {
    for (uint32_t inner = 0; inner < layer.inner; ++inner) {
      load_second(layer, b, outer, inner, memory);
      multiply_rows(layer, scale, a, b, out, outer, inner, memory);
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
