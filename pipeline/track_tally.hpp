#pragma once
#include <cstdint>
#include <vector>

#include "pipeline/run_summary.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// Counts of what a run's tracks are made of, while it goes on. Rows may come late, those of one track in any order.
class TrackTally {
 public:
  /// Of a picture of `width` by `height` px; 0 where it has no edges.
  TrackTally(int width, int height) : width_(width), height_(height) {}

  void take(const tracking::TrackRow& row);

  /// Of all rows so far, in a recording of `frames` frames.
  TrackLives lives(uint64_t frames) const;

 private:
  struct Life {
    int64_t first = 0, last = 0;  // frames in which it was seen
    uint32_t sightings = 0;
    bool from_edge = false, to_edge = false;
  };

  bool at_edge(const tracking::Box& box) const;

  int width_, height_;
  std::vector<Life> by_id_;  // id - 1
  uint64_t seen_ = 0, merged_ = 0;
};

}  // namespace flashcell
