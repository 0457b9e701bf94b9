#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace flashcell::quant {

/// A matrix as products read it: `width` of its `count` lines side by side, number by number; the last panel is padded
/// with zeros. Number k of line i is matrix[i * line_stride + k * depth_stride].
/// `packed`: as many numbers as whole panels hold, zeros where they are padding.
inline void pack_panels(const float* matrix, int count, int depth, int64_t line_stride, int64_t depth_stride, int width,
                        std::vector<float>& packed) {
  float* to = packed.data();
  for (int first = 0; first < count; first += width) {
    const int lines = std::min(width, count - first);
    for (int k = 0; k < depth; ++k, to += width) {
      const float* from = matrix + k * depth_stride + first * line_stride;
      for (int i = 0; i < lines; ++i) to[i] = from[i * line_stride];
    }
  }
}

}  // namespace flashcell::quant
