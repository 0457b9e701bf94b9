#include "tracking/identity.hpp"

#include <algorithm>

namespace flashcell::tracking {
namespace {
constexpr double kClearlyBetter = 8;  ///< of Appearance::distance, both tracks together
}

void Identity::swap_if_better(Track& a, Track& b, int32_t a_index, int32_t b_index, Observations& frame) const {
  const Look &at_a = frame.looks[a.detection], &at_b = frame.looks[b.detection];
  if (!may_be_one(a.appearance.look(), at_b) || !may_be_one(b.appearance.look(), at_a)) return;
  const double kept = a.appearance.distance(at_a, parameters_) + b.appearance.distance(at_b, parameters_);
  const double swapped = a.appearance.distance(at_b, parameters_) + b.appearance.distance(at_a, parameters_);
  if (swapped > kept - kClearlyBetter) return;
  std::swap(a.detection, b.detection);
  a.match = b.match = Match::regained;
  frame.taken_by[a.detection] = a_index;
  frame.taken_by[b.detection] = b_index;
}

void Identity::settle_splits(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  leaving_.clear();
  for (int32_t index : alive) {
    const Track& track = tracks[index];
    if (is_alone(track.match) && track.previous_match == Match::merged)
      leaving_.emplace_back(track.previous_detection, index);
  }
  std::sort(leaving_.begin(), leaving_.end());
  for (size_t i = 0; i < leaving_.size(); ++i) {
    for (size_t k = i + 1; k < leaving_.size() && leaving_[k].first == leaving_[i].first; ++k) {
      swap_if_better(tracks[leaving_[i].second], tracks[leaving_[k].second], leaving_[i].second, leaving_[k].second,
                     frame);
    }
  }
}

}  // namespace flashcell::tracking
