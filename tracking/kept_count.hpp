#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/track.hpp"
#include "tracking/tracklet.hpp"

namespace flashcell::tracking {

/// Ids where it is known how many objects there are and nothing can be linked afterwards (TrackerParameters::
/// keep_count). As long as there are fewer ids than objects, in its region where there are regions, a newcomer gets a
/// new one. Then it must be one of those: it gets the id of the lost one that it follows at the least cost
/// (link_cost()), or else, of what was lost for good, of one that was seen less than it was itself; and where all are
/// seen, or none of the lost ones can be it, it waits without an id.
class KeptCount {
 public:
  explicit KeptCount(const TrackerParameters& parameters) : parameters_(parameters) {}

  /// A new frame. `known`: the tracklet of every id that was given so far, by id - 1.
  void start(const std::vector<Track>& tracks, std::span<const int32_t> alive, std::span<const Tracklet> known);
  /// The id of a track that is to be confirmed, with how sure that is; 0: none. `known` as above.
  TrackName name(const Track& newcomer, double time, std::span<const Tracklet> known);

 private:
  int most_in(int region) const;

  const TrackerParameters& parameters_;
  std::vector<uint8_t> is_seen_;  ///< of each id, in this frame
  Tracklet first_;                ///< the newcomer, as a tracklet
};

}  // namespace flashcell::tracking
