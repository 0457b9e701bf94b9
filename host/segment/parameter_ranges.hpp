#pragma once

namespace flashcell::host {

struct IntegerRange {
  int low, high;
};

struct RealRange {
  double low, high;
};

/// What SegmentParameters may hold, for frames whose largest grey level is `max_grey`. The configuration's ranges are
/// those of the deepest frames, kDeepestGrey.
struct SegmentRanges {
  int max_grey;

  /// One more than the largest grey level: nothing bright, everything dark.
  constexpr IntegerRange threshold() const { return {0, max_grey + 1}; }
  /// Odd. Sums of so many 8-bit grey levels stay within 31 bits.
  static constexpr IntegerRange window() { return {3, 1023}; }
  /// Negative: pixels that differ less than so much in the other direction are foreground too.
  constexpr IntegerRange offset() const { return {-max_grey, max_grey}; }
  static constexpr RealRange sigmas() { return {1, 100}; }
  static constexpr RealRange learning_rate() { return {0, 1}; }
  /// Of 8-bit grey: its square has to fit the variance's 16-bit fixed point.
  constexpr RealRange min_sigma() const { return {0, max_grey == 255 ? 45.0 : max_grey}; }
  /// 0: the first frame alone is the background.
  static constexpr IntegerRange learn_frames() { return {0, 1000000}; }
};

constexpr int kDeepestGrey = 65535;

}  // namespace flashcell::host
