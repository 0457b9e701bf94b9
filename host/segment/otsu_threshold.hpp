#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "pipeline/frame.hpp"

namespace flashcell::host {

using Histogram = std::array<uint32_t, 256>;

/// Otsu's threshold (IEEE Trans. SMC 9(1), 1979): the bin that begins the upper of the two classes with the largest
/// variance between them; the lowest such bin. Nothing when all pixels lie in one bin.
std::optional<int> otsu_threshold(const Histogram& histogram);

/// A grey frame's histogram in 256 bins: bin = (grey - first) >> shift. grey8 has first = shift = 0. grey16 spreads the
/// range that the frame holds over the bins: first is its smallest grey, shift the least that lets the largest fit.
struct GreyHistogram {
  Histogram bins{};
  int first = 0;
  int shift = 0;

  /// The smallest grey level of a bin.
  int level(int bin) const { return first + (bin << shift); }
};
GreyHistogram grey_histogram(const FrameView& grey);

}  // namespace flashcell::host
