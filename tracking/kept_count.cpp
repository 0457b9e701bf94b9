#include "tracking/kept_count.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/link_cost.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kMostCost = 8;  ///< of a link that is made all the same, because nothing else can be

int region_of(const Tracklet& tracklet) {
  return tracklet.appearance.look().region;
}

/// Of all that has an id.
Habits learn_habits(std::span<const Tracklet> known, double area) {
  double path = 0, seconds = 0;
  for (const Tracklet& tracklet : known) {
    if (tracklet.sightings == 0) continue;
    path += tracklet.path;
    seconds += tracklet.last.time - tracklet.first.time;
  }
  return {area, seconds > 0 ? path / seconds : 0};
}

}  // namespace

void KeptCount::start(const std::vector<Track>& tracks, std::span<const int32_t> alive,
                      std::span<const Tracklet> known) {
  is_seen_.assign(known.size(), 0);
  for (const int32_t index : alive) {
    const Track& track = tracks[index];
    if (track.id != 0 && track.id <= is_seen_.size() && track.seen()) is_seen_[track.id - 1] = 1;
  }
}

int KeptCount::most_in(int region) const {
  if (parameters_.regions == nullptr) return parameters_.count.most;
  return region == RegionMap::kNone ? 0 : parameters_.regions->regions()[static_cast<size_t>(region)].count.most;
}

TrackName KeptCount::name(const Track& newcomer, double time, std::span<const Tracklet> known) {
  const bool by_region = parameters_.regions != nullptr;
  const int region = newcomer.appearance.look().region, most = most_in(region);
  const auto given = std::count_if(known.begin(), known.end(),
                                   [&](const Tracklet& other) { return !by_region || region_of(other) == region; });
  if (most == 0 || given < most) {
    is_seen_.push_back(1);
    return {static_cast<uint32_t>(known.size()) + 1, 1};
  }
  first_.first = {0, time, newcomer.last_x, newcomer.last_y, 0, 0};
  first_.mean_area = newcomer.area();
  first_.appearance = newcomer.appearance;
  const Habits habits = learn_habits(known, newcomer.area());
  uint32_t best = 0;
  double least = kMostCost, second = 1e300;
  for (uint32_t id = 1; id <= known.size(); ++id) {
    const Tracklet& lost = known[id - 1];
    if (is_seen_[id - 1] != 0 || lost.sightings == 0 || (by_region && region_of(lost) != region)) continue;
    const bool follows = lost.last.time < newcomer.first_time;
    const bool gone = time - lost.last.time > parameters_.lost_ms / 1000 && lost.sightings < newcomer.sightings;
    if (!follows && !gone) continue;
    const double cost = follows ? link_cost(lost, first_, habits, parameters_) : kMostCost / 2;
    if (cost < least) {
      second = best == 0 ? second : least;
      least = cost;
      best = id;
    } else {
      second = std::min(second, cost);
    }
  }
  if (best == 0) return {0, 1};
  is_seen_[best - 1] = 1;
  return {best, static_cast<float>(1 / (1 + std::exp(-std::max(0.0, second - least))))};
}

}  // namespace flashcell::tracking
