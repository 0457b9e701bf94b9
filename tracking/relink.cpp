#include "tracking/relink.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tracking/disjoint_paths.hpp"
#include "tracking/link_cost.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kSightingWorth = 0.2;   ///< of one sighting, in units of cost
constexpr double kStillWorth = 0.5;      ///< of that, for what never moved
constexpr double kOptionalShare = 0.1;   ///< of the recording, for which an object beyond the least must be seen
constexpr size_t kMostTracklets = 3000;  ///< that are linked: the longest
constexpr size_t kMostSuccessors = 24;   ///< of each kind
constexpr double kSureMargin = 16;       ///< of cost, at which a link's confidence is 1 in seven digits

/// Tracklets among which links are possible, and how many objects they are.
struct TrackGroup {
  std::vector<size_t> members;  ///< the longest first, at first; then by their first frames
  ObjectCount count;
};

/// One group of everything, or one a region.
std::vector<TrackGroup> make_groups(std::span<const Tracklet> tracklets, const TrackerParameters& parameters) {
  std::vector<TrackGroup> groups;
  if (parameters.regions == nullptr) {
    groups.push_back({{}, parameters.count});
  } else {
    groups.reserve(parameters.regions->regions().size());
    for (const NamedRegion& region : parameters.regions->regions()) groups.push_back({{}, region.count});
  }
  for (size_t i = 0; i < tracklets.size(); ++i) {
    if (tracklets[i].sightings == 0) continue;
    const int group = parameters.regions == nullptr ? 0 : tracklets[i].appearance.look().region;
    if (group != RegionMap::kNone) groups[static_cast<size_t>(group)].members.push_back(i);
  }
  for (TrackGroup& group : groups) {
    std::stable_sort(group.members.begin(), group.members.end(),
                     [&](size_t a, size_t b) { return tracklets[a].sightings > tracklets[b].sightings; });
  }
  return groups;
}

/// How many of a group's tracklets are surely objects: as many of the longest as there are of these.
size_t longest_of(const TrackGroup& group) {
  return group.count.known() ? std::min<size_t>(group.members.size(), static_cast<size_t>(group.count.most)) : 0;
}

Habits learn_habits(std::span<const Tracklet> tracklets, const std::vector<TrackGroup>& groups) {
  Habits habits;
  std::vector<double> areas;
  double path = 0, seconds = 0;
  for (const TrackGroup& group : groups) {
    for (size_t i = 0; i < longest_of(group); ++i) {
      const Tracklet& tracklet = tracklets[group.members[i]];
      areas.push_back(tracklet.mean_area);
      path += tracklet.path;
      seconds += tracklet.last.time - tracklet.first.time;
    }
  }
  if (!areas.empty()) {
    std::nth_element(areas.begin(), areas.begin() + static_cast<ptrdiff_t>(areas.size() / 2), areas.end());
    habits.area = areas[areas.size() / 2];
  }
  if (seconds > 0) habits.speed = path / seconds;
  return habits;
}

/// Leaves the longest of a group, and brings them into the order of their first frames.
void put_in_order(std::span<const Tracklet> tracklets, TrackGroup& group) {
  if (group.count.known())
    group.members.resize(std::min(group.members.size(), std::max(kMostTracklets, 2 * longest_of(group))));
  std::sort(group.members.begin(), group.members.end(), [&](size_t a, size_t b) {
    const int64_t first = tracklets[a].first.frame, other = tracklets[b].first.frame;
    return first != other ? first < other : a < b;
  });
}

double frames_between(std::span<const Tracklet> tracklets, const std::vector<TrackGroup>& groups) {
  int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
  for (const TrackGroup& group : groups) {
    for (const size_t i : group.members) {
      first = std::min(first, tracklets[i].first.frame);
      last = std::max(last, tracklets[i].last.frame);
    }
  }
  return last < first ? 0 : static_cast<double>(last - first + 1);
}

/// Links the tracklets of one group.
class Linker {
 public:
  Linker(std::span<const Tracklet> tracklets, const TrackGroup& group, const Habits& habits, double frames,
         const TrackerParameters& parameters)
      : tracklets_(tracklets),
        parameters_(parameters),
        nodes_(group.members),
        count_(group.count),
        habits_(habits),
        frames_(frames) {}

  /// Names them, with ids above `last_id`; the highest id then.
  uint32_t name(uint32_t last_id, std::vector<TrackName>& names);

 private:
  double worth(const Tracklet& tracklet) const;
  double cost(const Tracklet& a, const Tracklet& b) const;
  std::vector<PathEdge> edges() const;
  DisjointPaths chains() const;
  const Tracklet& of(int32_t node) const { return tracklets_[nodes_[node]]; }
  bool follows(int32_t a, int32_t b) const { return of(a).last.time < of(b).first.time; }

  std::span<const Tracklet> tracklets_;
  const TrackerParameters& parameters_;
  const std::vector<size_t>& nodes_;  ///< tracklets that are linked, by their first frames
  const ObjectCount count_;
  const Habits& habits_;
  const double frames_;  ///< length of the recording
};

double Linker::worth(const Tracklet& tracklet) const {
  const double size = std::clamp(tracklet.mean_area / habits_.area, 0.1, 1.0);
  const double moved = tracklet.reach * tracklet.reach > tracklet.mean_area ? 1 : kStillWorth;
  return kSightingWorth * static_cast<double>(tracklet.sightings) * size * moved;
}

double Linker::cost(const Tracklet& a, const Tracklet& b) const {
  return link_cost(a, b, habits_, parameters_);
}

/// Of each tracklet's possible successors the cheapest, and those that are worth most.
std::vector<PathEdge> Linker::edges() const {
  std::vector<PathEdge> edges, own;
  const auto count = static_cast<int32_t>(nodes_.size());
  for (int32_t a = 0; a < count; ++a) {
    own.clear();
    for (int32_t b = a + 1; b < count; ++b) {
      if (follows(a, b)) own.push_back({a, b, cost(of(a), of(b))});
    }
    const auto keep = [&](size_t from, const auto& key) {
      const size_t end = std::min(own.size(), from + kMostSuccessors);
      std::partial_sort(own.begin() + static_cast<ptrdiff_t>(from), own.begin() + static_cast<ptrdiff_t>(end),
                        own.end(), [&](const PathEdge& x, const PathEdge& y) {
                          const double p = key(x), q = key(y);
                          return p != q ? p < q : x.to < y.to;
                        });
      return end;
    };
    const size_t cheap = keep(0, [](const PathEdge& e) { return e.cost; });
    const size_t all = keep(cheap, [&](const PathEdge& e) { return e.cost - worth(of(e.to)); });
    edges.insert(edges.end(), own.begin(), own.begin() + static_cast<ptrdiff_t>(all));
  }
  return edges;
}

/// Without a count each is a chain of its own.
DisjointPaths Linker::chains() const {
  if (!count_.known()) {
    DisjointPaths own{std::vector<int32_t>(nodes_.size()),
                      std::vector<double>(nodes_.size(), std::numeric_limits<double>::infinity())};
    std::iota(own.path.begin(), own.path.end(), 0);
    return own;
  }
  std::vector<double> costs;
  costs.reserve(nodes_.size());
  for (const size_t i : nodes_) costs.push_back(-worth(tracklets_[i]));
  const double start_cost = kSightingWorth * kOptionalShare * frames_;
  return disjoint_paths(costs, edges(), {count_.least, count_.most, start_cost, kSureMargin});
}

uint32_t Linker::name(uint32_t last_id, std::vector<TrackName>& names) {
  const DisjointPaths chains = this->chains();
  std::vector<int32_t> newest(nodes_.size(), -1);  // node of each chain
  uint32_t highest = last_id;
  for (int32_t node = 0; node < static_cast<int32_t>(nodes_.size()); ++node) {
    if (chains.path[node] < 0) continue;
    const uint32_t id = last_id + static_cast<uint32_t>(chains.path[node]) + 1;
    highest = std::max(highest, id);
    names[nodes_[node]] = {id, static_cast<float>(1 / (1 + std::exp(-chains.margin[node])))};
    int32_t& before = newest[chains.path[node]];
    if (before >= 0) names[nodes_[before]].end_frame = of(node).first.frame;
    before = node;
  }
  return highest;
}

}  // namespace

std::vector<TrackName> relink(std::span<const Tracklet> tracklets, const TrackerParameters& parameters) {
  std::vector<TrackGroup> groups = make_groups(tracklets, parameters);
  const Habits habits = learn_habits(tracklets, groups);
  for (TrackGroup& group : groups) put_in_order(tracklets, group);
  const double frames = frames_between(tracklets, groups);
  std::vector<TrackName> names(tracklets.size());
  uint32_t id = 0;
  for (const TrackGroup& group : groups) id = Linker(tracklets, group, habits, frames, parameters).name(id, names);
  return names;
}

}  // namespace flashcell::tracking
