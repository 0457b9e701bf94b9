#pragma once
#include "kernels_hls/qcnn/layer.hpp"

// Neighbouring values of a tensor, of one byte or two.
namespace flashcell {
namespace kernels {

struct Values {
  int32_t value[kLanes];
};

/// From value `place` of the tensor on, kLanes bytes of them: all lanes or the first half. One read of the arena.
template <class S>
inline Values read_values(const Arena<S>& arena, const Tensor& tensor, uint32_t place) {
  FLASHCELL_HLS(INLINE)
  const Lanes lanes = arena.read(int64_t{tensor.offset} + int64_t{place} * tensor.bytes);
  Values values;
  for (int lane = 0; lane < kLanes; ++lane) {
    FLASHCELL_HLS(UNROLL)
    const int wide = lane < kLanes / 2 ? lanes.value[2 * lane] | lanes.value[2 * lane + 1] << 8 : 0;
    values.value[lane] = tensor.bytes == 1  ? value_of(lanes.value[lane], tensor.is_signed)
                         : tensor.is_signed ? static_cast<int16_t>(wide)
                                            : wide;
  }
  return values;
}

/// The first `count` values, kLanes bytes at most. One write of the arena.
template <class S>
inline void write_values(Arena<S>& arena, const Tensor& tensor, uint32_t place, const Values& values, uint32_t count) {
  FLASHCELL_HLS(INLINE)
  Lanes lanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    FLASHCELL_HLS(UNROLL)
    const int32_t wide = values.value[lane / 2] >> (8 * (lane % 2));
    lanes.value[lane] = static_cast<uint8_t>(tensor.bytes == 1 ? values.value[lane] : wide);
  }
  arena.write(tensor.offset + place * tensor.bytes, lanes, static_cast<int>(count * tensor.bytes));
}

/// As many values, of two bytes too: then two writes.
template <class S>
inline void write_all_values(Arena<S>& arena, const Tensor& tensor, uint32_t place, const Values& values,
                             uint32_t count) {
  FLASHCELL_HLS(INLINE)
  const uint32_t half = kLanes / 2;
  write_values(arena, tensor, place, values, tensor.bytes > 1 && count > half ? half : count);
  if (tensor.bytes > 1 && count > half) {
    Values rest;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      rest.value[lane] = lane < kLanes / 2 ? values.value[lane + kLanes / 2] : 0;
    }
    write_values(arena, tensor, place + half, rest, count - half);
  }
}

/// The smaller of what is left and a piece.
inline uint32_t piece_count(uint32_t left, uint32_t piece) {
  return left < piece ? left : piece;
}

/// Values of a piece of these tensors.
inline uint32_t piece_values(const Tensor& first, const Tensor& second, const Tensor& out) {
  return contract::qcnn_piece_values(contract::QcnnValueBytes{first.bytes, second.bytes, out.bytes});
}

}  // namespace kernels
}  // namespace flashcell
