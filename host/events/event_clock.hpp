#pragma once
#include <algorithm>
#include <cstdint>

namespace flashcell {

/// Makes the times of a recording rise: what runs back is taken at the time before it. Where a time runs back or leaps
/// ahead so far that the camera must have begun anew, or the file is damaged, times go on from where they were.
class EventClock {
 public:
  static constexpr int64_t kFarBackUs = 100'000;       ///< farther back is a new beginning
  static constexpr int64_t kFarAheadUs = 600'000'000;  ///< and so is farther ahead

  /// Microseconds since the first event.
  int64_t operator()(int64_t recorded_us) {
    const auto time = static_cast<uint64_t>(recorded_us) - begun_at_;
    const uint64_t ahead = time - last_;
    if (begun_ && ahead <= uint64_t{kFarAheadUs}) [[likely]]
      last_ = time;
    else
      mend(static_cast<uint64_t>(recorded_us), 0 - ahead);
    return static_cast<int64_t>(last_);
  }

  int64_t first_recorded_us() const { return static_cast<int64_t>(first_recorded_); }
  uint64_t ran_back() const { return ran_back_; }
  int64_t farthest_back_us() const { return farthest_back_us_; }
  uint64_t began_anew() const { return began_anew_; }

 private:
  void mend(uint64_t recorded, uint64_t back) {
    if (begun_ && back <= uint64_t{kFarBackUs}) {
      ++ran_back_;
      farthest_back_us_ = std::max(farthest_back_us_, static_cast<int64_t>(back));
      return;
    }
    if (!begun_) first_recorded_ = recorded;
    began_anew_ += begun_;
    begun_ = true;
    begun_at_ = recorded - last_;
  }

  // Modulo 2^64: recorded times may be any number.
  uint64_t begun_at_ = 0, last_ = 0, first_recorded_ = 0;
  bool begun_ = false;
  uint64_t ran_back_ = 0, began_anew_ = 0;
  int64_t farthest_back_us_ = 0;
};

}  // namespace flashcell
