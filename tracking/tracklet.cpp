#include "tracking/tracklet.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {
constexpr int64_t kFirstSpeedSightings = 5;  ///< from which the speed at the beginning is known
}

void TrackletLog::take(const TrackRow& row, double time) {
  if (row.state == TrackState::predicted) return;
  if (tracklets_.size() < row.id) tracklets_.resize(row.id);
  Tracklet& tracklet = tracklets_[row.id - 1];
  const TrackletEnd end{row.frame, time, row.x, row.y, row.vx, row.vy};
  if (tracklet.sightings == 0) {
    tracklet.first = end;
  } else {
    tracklet.path += std::hypot(row.x - tracklet.last.x, row.y - tracklet.last.y);
  }
  ++tracklet.sightings;
  if (tracklet.sightings <= kFirstSpeedSightings && time > tracklet.first.time) {
    tracklet.first.vx = (row.x - tracklet.first.x) / (time - tracklet.first.time);
    tracklet.first.vy = (row.y - tracklet.first.y) / (time - tracklet.first.time);
  }
  tracklet.mean_area += (row.area - tracklet.mean_area) / static_cast<double>(tracklet.sightings);
  tracklet.reach = std::max(tracklet.reach, std::hypot(row.x - tracklet.first.x, row.y - tracklet.first.y));
  tracklet.last = end;
}

}  // namespace flashcell::tracking
