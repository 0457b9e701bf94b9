#pragma once
#include <stddef.h>
#include <stdint.h>

#include "host/inference/engine/target.hpp"

// What resampling asks of an instruction set; see host/inference/engine/kernels.hpp for why nothing inline is shared.
namespace flashcell::host::inference {

/// Fraction bits of a line between the two passes: 255 << kLineBits still fits int16_t.
constexpr int kLineBits = 7;
/// Shift after the pass along the line: weights have 14 bits.
constexpr int kPixelShift = kLineBits + 14;

/// A small picture, one channel, from pixels that lie in memory row by row.
struct SmallPicture {
  const uint8_t* pixels;  ///< of the region; of each row at least kSmallReach bytes can be read
  ptrdiff_t stride;       ///< bytes from one row to the next
  int width, height;      ///< px of the region; the width at most kSmallWidth
  int outputs, rows;      ///< px of the picture
  const int32_t* first_row;
  const int16_t *row_weights, *indices, *weights;  ///< [pair][output][2] of AxisTaps
  int row_pairs, pairs;
};
constexpr int kSmallWidth = 64;
constexpr int kSmallReach = 16;

struct LineKernels {
  /// out[x] = round(sum over lines of weights[k] * lines[k][x]) with kLineBits of fraction. `count` is even.
  void (*blend)(const uint8_t* const* lines, const int16_t* weights, int count, int width, int16_t* out);
  /// One channel: out[o] = round(sum over pairs of weights * line[indices]); `line` holds `width` values; 64 and the
  /// surplus taps more can be read.
  void (*gather)(const int16_t* line, int width, const int16_t* indices, const int16_t* weights, int pairs, int outputs,
                 uint8_t* out);
  /// Both at once; null where nothing is gained by it. The same bytes.
  void (*small)(const SmallPicture& from, uint8_t* out);
};

const LineKernels& line_kernels(Target target);

const LineKernels& scalar_line_kernels();
#if defined(__x86_64__)
const LineKernels& avx2_line_kernels();
const LineKernels& avx512_line_kernels();
#endif

}  // namespace flashcell::host::inference
