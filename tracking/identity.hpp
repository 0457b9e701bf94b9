#pragma once
#include <span>
#include <utility>
#include <vector>

#include "tracking/association.hpp"

namespace flashcell::tracking {

/// Who is who when a blob comes apart. Inside, motion is a guess that gets worse with time; if two tracks that come out
/// of one blob look clearly better the other way round, they change places.
class Identity {
 public:
  explicit Identity(const TrackerParameters& parameters) : parameters_(parameters) {}

  void settle_splits(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame);

 private:
  void swap_if_better(Track& a, Track& b, int32_t a_index, int32_t b_index, Observations& frame) const;

  TrackerParameters parameters_;
  std::vector<std::pair<int32_t, int32_t>> leaving_;  ///< blob in the frame before, track
};

}  // namespace flashcell::tracking
