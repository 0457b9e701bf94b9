#pragma once
#include "kernels_hls/qcnn/values.hpp"

// Layers that move numbers: a piece of neighbouring ones a clock.
namespace flashcell {
namespace kernels {

/// Where an input of a concatenation begins in the output.
struct Origin {
  uint32_t row, column, channel;
};

/// One input of a concatenation.
template <class S>
void concat_input(const contract::LayerDescriptor& layer, const contract::Requantization& scale, const Tensor& in,
                  const Tensor& out, const Origin& origin, Memory<S>& memory) {
  const uint32_t each = piece_values(in, in, out);
  const uint64_t steps = uint64_t{in.height} * in.width * contract::qcnn_pieces(in.channels, each);
  uint32_t row = 0, column = 0, begin = 0;
  FLASHCELL_LOOP(concat_input, 1, 12)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(concat_input);
    const Values values = read_values(memory.arena, in, (row * in.width + column) * in.channels + begin);
    Values result;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      result.value[lane] =
          clamped(out.zero_point + contract::requantize(values.value[lane] - in.zero_point, scale), layer);
    }
    const uint32_t pixel = (origin.row + row) * out.width + origin.column + column;
    write_values(memory.arena, out, pixel * out.channels + origin.channel + begin, result,
                 piece_count(in.channels - begin, each));
    begin += each;
    if (begin < in.channels) continue;
    begin = 0;
    if (++column < in.width) continue;
    column = 0;
    ++row;
  }
}

template <class S>
void upsample_layer(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const uint32_t each = piece_values(in, in, out);
  const uint64_t steps = uint64_t{out.height} * out.width * contract::qcnn_pieces(in.channels, each);
  uint32_t row = 0, column = 0, begin = 0;  // of the output
  uint32_t in_row = 0, in_column = 0;       // row / stride_rows, column / stride_columns
  uint32_t row_copy = 0, column_copy = 0;   // the remainders
  FLASHCELL_LOOP(upsample_layer, 1, 8)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(upsample_layer);
    const uint32_t from = (in_row * in.width + in_column) * in.channels, to = (row * out.width + column) * in.channels;
    write_values(memory.arena, out, to + begin, read_values(memory.arena, in, from + begin),
                 piece_count(in.channels - begin, each));
    begin += each;
    if (begin < in.channels) continue;
    begin = 0;
    ++column;
    if (++column_copy == layer.stride_columns) {
      column_copy = 0;
      ++in_column;
    }
    if (column < out.width) continue;
    column = column_copy = in_column = 0;
    ++row;
    if (++row_copy == layer.stride_rows) {
      row_copy = 0;
      ++in_row;
    }
  }
}

template <class S>
void pad_layer(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const uint32_t each = piece_values(in, in, out);
  const uint64_t steps = uint64_t{out.height} * out.width * contract::qcnn_pieces(in.channels, each);
  uint32_t begin = 0;
  int row = 0, column = 0;
  FLASHCELL_LOOP(pad_layer, 1, 8)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(pad_layer);
    const int y = row - layer.pad_top, x = column - layer.pad_left;
    const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
    const uint32_t from = inside ? (static_cast<uint32_t>(y) * in.width + static_cast<uint32_t>(x)) * in.channels : 0;
    Values values = read_values(memory.arena, in, from + begin);
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (!inside) values.value[lane] = layer.constant;
    }
    const uint32_t pixel = static_cast<uint32_t>(row) * out.width + static_cast<uint32_t>(column);
    write_values(memory.arena, out, pixel * out.channels + begin, values, piece_count(in.channels - begin, each));
    begin += each;
    if (begin < in.channels) continue;
    begin = 0;
    if (++column < out.width) continue;
    column = 0;
    ++row;
  }
}

/// Every number from one place to another: side by side in both, a piece a clock, else one.
template <class S>
void move_layer(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const contract::Strides &from = layer.first_strides, &to = layer.output_strides;
  const uint32_t each = from.column == 1 && to.column == 1 ? piece_values(in, in, out) : 1;
  const uint64_t steps = uint64_t{layer.outer} * layer.inner * layer.rows * contract::qcnn_pieces(layer.columns, each);
  uint32_t outer = 0, inner = 0, row = 0, column = 0;
  FLASHCELL_LOOP(move_layer, 1, 10)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(move_layer);
    const uint32_t source =
        from.first + outer * from.outer + inner * from.inner + row * from.row + column * from.column;
    const uint32_t target = to.first + outer * to.outer + inner * to.inner + row * to.row + column * to.column;
    write_values(memory.arena, out, target, read_values(memory.arena, in, source),
                 piece_count(layer.columns - column, each));
    column += each;
    if (column < layer.columns) continue;
    column = 0;
    if (++row < layer.rows) continue;
    row = 0;
    if (++inner < layer.inner) continue;
    inner = 0;
    ++outer;
  }
}

/// Runs of neighbouring numbers, each from the run whose number the model's list gives.
template <class S>
void gather_layer(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer, const Tensor& in,
                  const Tensor& out, Memory<S>& memory) {
  constexpr uint32_t kInWord = kWordBytes / 4;
  const uint32_t length = static_cast<uint32_t>(layer.constant), each = piece_values(in, in, out);
  const uint64_t steps = uint64_t{values_of(out) / length} * contract::qcnn_pieces(length, each);
  const uint64_t list = image.weights + layer.weight_offset / kWordBytes;
  Word word = 0;
  uint32_t run = 0, begin = 0;
  FLASHCELL_LOOP(gather_layer, 1, 16)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(gather_layer);
    if (begin == 0 && run % kInWord == 0) word = model[list + run / kInWord];
    const int32_t from = static_cast<int32_t>(field(word, static_cast<int>(4 * (run % kInWord)), 4));
    Values values = read_values(memory.arena, in, from < 0 ? 0 : static_cast<uint32_t>(from) * length + begin);
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (from < 0) values.value[lane] = in.zero_point;
    }
    write_values(memory.arena, out, run * length + begin, values, piece_count(length - begin, each));
    begin += each;
    if (begin < length) continue;
    begin = 0;
    ++run;
  }
}

/// Numbers of the model, as they are.
template <class S>
void constant_layer(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                    const Tensor& out, Memory<S>& memory) {
  const uint64_t first_word = image.weights + layer.weight_offset / kWordBytes;
  ValueReader reader(model, first_word, first_word + words_for(layer.weight_bytes), 8);
  const uint32_t bytes = bytes_of(out);
  FLASHCELL_LOOP(constant_layer, 1, 8)
  for (uint32_t begin = 0; begin < bytes; begin += kLanes) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(constant_layer);
    const int count = static_cast<int>(piece_count(bytes - begin, kLanes));
    memory.arena.write(out.offset + begin, reader.take(count), count);
  }
}

}  // namespace kernels
}  // namespace flashcell
