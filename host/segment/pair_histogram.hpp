#pragma once
#include <cstdint>

#include "base/aligned_vector.hpp"
#include "host/segment/otsu_threshold.hpp"

namespace flashcell::host {

/// Histogram of grey8 frames, two pixels an increment: a processor stores about one counter a cycle, which bounds a
/// histogram of single pixels. A frame of few or neighbouring grey levels touches few of the 2^16 counters, and they
/// stay in the nearest cache; white noise does not and is slower than pixel by pixel: ask neighbours_are_alike() first.
class PairHistogram {
 public:
  /// Adds the frame's pixels to `bins`.
  void count(const FrameView& grey, Histogram& bins);

 private:
  AlignedVector<uint32_t> counts_ = AlignedVector<uint32_t>(256 * 256);  ///< all 0 between the calls
};

/// True when most neighbours in a sample of the rows differ by little, as they do in a camera's frames.
bool neighbours_are_alike(const FrameView& grey);

}  // namespace flashcell::host
