#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels_hls/contract/object.hpp"

namespace flashcell {

/// Counts areas, sixteen bins an octave: those of one bin differ by less than 1/16. Areas below 32 px are exact.
class AreaHistogram {
 public:
  static constexpr int kBins = 464;  ///< of all 32-bit areas

  void add(uint32_t area) {
    ++bins_[static_cast<size_t>(bin_of(area))];
    ++count_;
  }
  uint64_t count() const { return count_; }
  /// Areas from `low` to `high` px, as exactly as bins are; both inclusive.
  uint64_t between(double low, double high) const;
  /// The smallest area (px) of the bin where so large a share of the areas is reached, 0..1; 0 when empty.
  uint32_t quantile(double share) const;

  static int bin_of(uint32_t area);
  static uint32_t least_of(int bin);  ///< px, smallest area of a bin

 private:
  std::array<uint64_t, kBins> bins_{};
  uint64_t count_ = 0;
};

/// What the area limits left out of a run, as far as it tells whether subjects were among it: specks and scenery are
/// left out of every good recording, and nobody wants to hear of them. Areas are typical ones: medians of the frames
/// that have any, of all objects kept. Allocates nothing.
class LeftOut {
 public:
  /// Takes one frame: what was found and what was kept of it.
  void add(const contract::FrameSummary& found, std::span<const contract::ObjectRecord> kept);

  bool subjects_below() const;   ///< label.min_area leaves out what looks like subjects
  bool subjects_above() const;   ///< label.max_area does
  bool hardly_any_kept() const;  ///< in less than a quarter of the frames, or far fewer than are above max_area
  double frames_kept() const;    ///< share of the frames with an object that was kept
  double frames_below() const;   ///< the same with one below min_area
  double frames_above() const;   ///< the same with one above max_area
  uint32_t area_kept() const;    ///< px; 0: none
  uint32_t area_below() const;   ///< px, of the largest object of a frame below min_area; 0: none
  uint32_t area_above() const;   ///< px, of the smallest object of a frame above max_area; 0: none

 private:
  bool in_most_frames(uint64_t n) const { return 2 * n > frames_; }
  double share(uint64_t n) const { return frames_ > 0 ? static_cast<double>(n) / static_cast<double>(frames_) : 0; }

  uint64_t frames_ = 0, frames_kept_ = 0;
  uint64_t objects_above_ = 0;
  AreaHistogram kept_;           // of every object kept
  AreaHistogram below_, above_;  // of frames: the object next to the limit
};

}  // namespace flashcell
