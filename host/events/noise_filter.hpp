#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell {

/// Background activity (Delbruck 2008, "Frame-free dynamic digital vision"): an event is noise that has no other one in
/// the eight pixels around it within a time before.
class NoiseFilter {
 public:
  /// `within_us` 0: passes everything.
  NoiseFilter(int width, int height, int64_t within_us)
      : stride_(static_cast<size_t>(width) + 2), within_us_(within_us) {
    if (within_us > 0) last_us_.assign(stride_ * (static_cast<size_t>(height) + 2), kNever);
  }

  bool is_on() const { return within_us_ > 0; }

  /// Whether the event, at a time >= 0 that does not run back, is none. It lies within the picture.
  bool passes(int64_t time_us, int x, int y) {
    int64_t* above = last_us_.data() + static_cast<size_t>(y) * stride_ + static_cast<size_t>(x);
    int64_t* here = above + stride_;
    const int64_t* below = here + stride_;
    const int64_t newest = std::max({above[0], above[1], above[2], here[0], here[2], below[0], below[1], below[2]});
    here[1] = time_us;
    return newest >= time_us - within_us_;
  }

 private:
  static constexpr int64_t kNever = INT64_MIN;

  size_t stride_;
  int64_t within_us_;
  std::vector<int64_t> last_us_;  // of each pixel's last event, with a border
};

}  // namespace flashcell
