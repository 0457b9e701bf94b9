#pragma once
#include "kernels_hls/contract/qcnn_functions.hpp"
#include "kernels_hls/qcnn/values.hpp"

// Layers of I-ViT whose numbers depend on all of a row, the channels of one pixel: layer norm, softmax, gelu. So many
// rows at a time go through each pass that the divisions between two passes follow each other without a pause.
namespace flashcell {
namespace kernels {

constexpr int kRows = static_cast<int>(contract::kQcnnRows);

/// What is known of each of the rows at work.
struct RowNumbers {
  int64_t sum[kRows];     ///< of the values, of squared distances to their mean, of exponentials
  int64_t factor[kRows];  ///< layer_norm_factor() or row_factor()
  int32_t origin[kRows];  ///< the mean, or the largest value
};

/// The rows at work, and the layer.
struct RowBlock {
  const contract::LayerDescriptor& layer;
  const Tensor &in, &out;
  uint32_t first_row, rows, each;  ///< values of a piece

  /// What a layer norm multiplies its numbers by, as a power of two; softmax has fractions of its results.
  int shift() const { return layer.kind == contract::LayerKind::layer_norm ? layer.fraction_bits : 0; }
  uint64_t steps() const { return uint64_t{rows} * contract::qcnn_pieces(in.channels, each); }
};

/// Walks over the pieces of the rows.
struct RowPlace {
  uint32_t row = 0, begin = 0;

  void advance(const RowBlock& block) {
    FLASHCELL_HLS(INLINE)
    begin += block.each;
    if (begin < block.in.channels) return;
    begin = 0;
    ++row;
  }
  uint32_t count(const RowBlock& block) const { return piece_count(block.in.channels - begin, block.each); }
  uint32_t place(const RowBlock& block) const { return (block.first_row + row) * block.in.channels + begin; }
};

/// contract::shift_exponential() with comparisons in the place of its division.
inline int64_t exponential(int64_t x, int32_t unit, int depth) {
  FLASHCELL_HLS(INLINE)
  const int64_t lowest = static_cast<int64_t>(depth) * unit;
  int64_t bent = x + (x >> 1) - (x >> 4);
  if (bent < lowest) bent = lowest;
  int whole = 0;
  for (int i = 1; i <= contract::kGeluDepth; ++i) {
    FLASHCELL_HLS(UNROLL)
    whole += i <= depth && bent <= static_cast<int64_t>(i) * unit ? 1 : 0;
  }
  const int64_t twice = bent - static_cast<int64_t>(whole) * unit - 2 * static_cast<int64_t>(unit);
  return whole == depth ? twice >> 1 : twice << (depth - whole - 1);
}

/// Sums of the rows' values, and their means.
template <class S>
void row_means(const RowBlock& block, const Arena<S>& arena, RowNumbers& numbers) {
  RowPlace at;
  FLASHCELL_LOOP(row_sums, 1, 12)
  for (uint64_t step = 0; step < block.steps(); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_sums);
    const Values values = read_values(arena, block.in, at.place(block));
    const uint32_t count = at.count(block);
    int64_t sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      sum += static_cast<uint32_t>(lane) < count ? int64_t{values.value[lane]} * (1 << block.shift()) : 0;
    }
    numbers.sum[at.row] = (at.begin == 0 ? 0 : numbers.sum[at.row]) + sum;
    at.advance(block);
  }
  FLASHCELL_LOOP(row_means, 1, static_cast<int>(contract::kQcnnQuotientDepth))
  for (uint32_t row = 0; row < block.rows; ++row) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_means);
    numbers.origin[row] = static_cast<int32_t>(contract::rounded_mean(numbers.sum[row], block.in.channels));
  }
}

/// Factors of the rows from their squared distances to the mean.
template <class S>
void row_norms(const RowBlock& block, const Arena<S>& arena, RowNumbers& numbers) {
  RowPlace at;
  FLASHCELL_LOOP(row_squares, 1, 14)
  for (uint64_t step = 0; step < block.steps(); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_squares);
    const Values values = read_values(arena, block.in, at.place(block));
    const uint32_t count = at.count(block);
    int64_t sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int64_t distance = int64_t{values.value[lane]} * (1 << block.shift()) - numbers.origin[at.row];
      sum += static_cast<uint32_t>(lane) < count ? distance * distance : 0;
    }
    numbers.sum[at.row] = (at.begin == 0 ? 0 : numbers.sum[at.row]) + sum;
    at.advance(block);
  }
  FLASHCELL_LOOP(row_norms, 1, static_cast<int>(contract::kQcnnRootDepth))
  for (uint32_t row = 0; row < block.rows; ++row) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_norms);
    numbers.factor[row] = contract::layer_norm_factor(numbers.sum[row]);
  }
}

/// The rows' largest values; of a gelu those beyond the zero point, at least 0.
template <class S>
void row_maxima(const RowBlock& block, const Arena<S>& arena, RowNumbers& numbers) {
  const bool gelu = block.layer.kind == contract::LayerKind::gelu;
  const int32_t zero = gelu ? block.in.zero_point : 0;
  RowPlace at;
  FLASHCELL_LOOP(row_maxima, 1, 12)
  for (uint64_t step = 0; step < block.steps(); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_maxima);
    const Values values = read_values(arena, block.in, at.place(block));
    const uint32_t count = at.count(block);
    int32_t largest = at.begin == 0 ? (gelu ? 0 : INT32_MIN) : numbers.origin[at.row];
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      const int32_t value = values.value[lane] - zero;
      if (static_cast<uint32_t>(lane) < count && value > largest) largest = value;
    }
    numbers.origin[at.row] = largest;
    at.advance(block);
  }
}

/// Factors of the rows from their sums of exponentials.
template <class S>
void row_exponentials(const RowBlock& block, const Arena<S>& arena, RowNumbers& numbers) {
  RowPlace at;
  FLASHCELL_LOOP(row_exponentials, 1, 18)
  for (uint64_t step = 0; step < block.steps(); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_exponentials);
    const Values values = read_values(arena, block.in, at.place(block));
    const uint32_t count = at.count(block);
    int64_t sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (static_cast<uint32_t>(lane) < count) {
        sum += exponential(values.value[lane] - numbers.origin[at.row], block.layer.constant, contract::kSoftmaxDepth);
      }
    }
    numbers.sum[at.row] = (at.begin == 0 ? 0 : numbers.sum[at.row]) + sum;
    at.advance(block);
  }
  FLASHCELL_LOOP(row_quotients, 1, static_cast<int>(contract::kQcnnQuotientDepth))
  for (uint32_t row = 0; row < block.rows; ++row) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(row_quotients);
    numbers.factor[row] = contract::row_factor(numbers.sum[row]);
  }
}

/// What one value becomes, before the output's zero point.
inline int64_t row_value(const RowBlock& block, const contract::Requantization& scale, const RowNumbers& numbers,
                         uint32_t row, int32_t value, const Channel& channel) {
  FLASHCELL_HLS(INLINE)
  const contract::LayerDescriptor& layer = block.layer;
  const int32_t origin = numbers.origin[row];
  switch (layer.kind) {
    case contract::LayerKind::layer_norm: {
      const int64_t distance = int64_t{value} * (1 << block.shift()) - origin;
      const int64_t normal = contract::layer_norm(distance, numbers.factor[row]) + channel.bias;
      return (normal * channel.multiplier + (int64_t{1} << (channel.shift - 1))) >> channel.shift;
    }
    case contract::LayerKind::softmax:
      return contract::shift_softmax(exponential(value - origin, layer.constant, contract::kSoftmaxDepth),
                                     numbers.factor[row], layer.fraction_bits);
    default: {
      const int64_t x = value - block.in.zero_point;
      const int64_t here = exponential(x - origin, layer.constant, contract::kGeluDepth);
      const int64_t sum = here + exponential(-int64_t{origin}, layer.constant, contract::kGeluDepth);
      const int64_t share = (here * contract::row_factor(sum)) >> (31 - contract::kSigmoidBits);
      return contract::requantize(x * share, scale);
    }
  }
}

template <class S>
void row_values(const RowBlock& block, const contract::Requantization& scale, const RowNumbers& numbers,
                Memory<S>& memory) {
  const bool softmax = block.layer.kind == contract::LayerKind::softmax;
  const int32_t zero = softmax ? 0 : block.out.zero_point;
  RowPlace at;
  FLASHCELL_LOOP(row_values, 1, 64)
  for (uint64_t step = 0; step < block.steps(); ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(row_values);
    const Values values = read_values(memory.arena, block.in, at.place(block));
    const uint32_t count = at.count(block);
    Values result = Values();
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (static_cast<uint32_t>(lane) < count) {
        const uint32_t channel = at.begin + static_cast<uint32_t>(lane);
        const bool norm = block.layer.kind == contract::LayerKind::layer_norm;
        const Channel& parameters = memory.channels[norm ? channel / kLanes : 0][channel % kLanes];
        result.value[lane] =
            clamped(zero + row_value(block, scale, numbers, at.row, values.value[lane], parameters), block.layer);
      }
    }
    write_values(memory.arena, block.out, at.place(block), result, count);
    at.advance(block);
  }
}

template <class S>
void row_layer(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& in,
               const Tensor& out, Memory<S>& memory) {
  const uint32_t rows = values_of(in) / in.channels;
  RowNumbers numbers;
  for (uint32_t first = 0; first < rows; first += kRows) {
    const RowBlock block = {layer, in, out, first, piece_count(rows - first, kRows), piece_values(in, in, out)};
    if (layer.kind == contract::LayerKind::layer_norm) {
      row_means(block, memory.arena, numbers);
      row_norms(block, memory.arena, numbers);
    } else {
      row_maxima(block, memory.arena, numbers);
      if (layer.kind == contract::LayerKind::softmax) row_exponentials(block, memory.arena, numbers);
    }
    row_values(block, scale, numbers, memory);
  }
}

}  // namespace kernels
}  // namespace flashcell
