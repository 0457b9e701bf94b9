#include "tracking/relink.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tracking/disjoint_paths.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kSightingWorth = 0.2;  ///< of one sighting, in units of cost
constexpr double kStillWorth = 0.5;     ///< of that, for what never moved
constexpr double kOptionalShare = 0.1;  ///< of the recording, for which an object beyond the least must be seen
constexpr double kDistanceScale = 1;    ///< cost of a link as long as objects move in that time
constexpr double kMostDistance = 25, kMostSize = 6, kMostLooks = 10;
constexpr double kSizeSigma = 0.3;  ///< of log area
constexpr double kLooksWeight = 0.2;
constexpr double kSteadySeconds = 0.1;   ///< for which a speed holds
constexpr size_t kMostTracklets = 3000;  ///< that are linked: the longest
constexpr size_t kMostSuccessors = 24;   ///< of each kind

double square(double value) {
  return value * value;
}

/// What objects of this recording are like.
struct Habits {
  double area = 1;   ///< px, of the longest tracklets
  double speed = 0;  ///< px/s
};

class Linker {
 public:
  Linker(std::span<const Tracklet> tracklets, const TrackerParameters& parameters)
      : tracklets_(tracklets), parameters_(parameters) {
    choose();
    learn_habits();
  }

  std::vector<TrackName> names();

 private:
  void choose();
  void learn_habits();
  double worth(const Tracklet& tracklet) const;
  double cost(const Tracklet& a, const Tracklet& b) const;
  std::vector<PathEdge> edges() const;
  float confidence(int32_t before, int32_t after) const;
  const Tracklet& of(int32_t node) const { return tracklets_[nodes_[node]]; }
  bool follows(int32_t a, int32_t b) const { return of(a).last.time < of(b).first.time; }

  std::span<const Tracklet> tracklets_;
  const TrackerParameters& parameters_;
  std::vector<size_t> nodes_;         ///< tracklets that are linked, by their first frames
  std::vector<int32_t> next_, prev_;  ///< on the node's chain, -1: none; of those on none -2
  Habits habits_;
};

void Linker::choose() {
  nodes_.resize(tracklets_.size());
  std::iota(nodes_.begin(), nodes_.end(), size_t{0});
  nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(), [&](size_t i) { return tracklets_[i].sightings == 0; }),
               nodes_.end());
  std::stable_sort(nodes_.begin(), nodes_.end(),
                   [&](size_t a, size_t b) { return tracklets_[a].sightings > tracklets_[b].sightings; });
}

/// From as many of the longest tracklets as there are objects, at first; `nodes_` lists them in that order.
void Linker::learn_habits() {
  const size_t longest = std::min<size_t>(nodes_.size(), static_cast<size_t>(parameters_.count.most));
  std::vector<double> areas;
  double path = 0, seconds = 0;
  for (size_t i = 0; i < longest; ++i) {
    const Tracklet& tracklet = tracklets_[nodes_[i]];
    areas.push_back(tracklet.mean_area);
    path += tracklet.path;
    seconds += tracklet.last.time - tracklet.first.time;
  }
  if (!areas.empty()) {
    std::nth_element(areas.begin(), areas.begin() + static_cast<ptrdiff_t>(areas.size() / 2), areas.end());
    habits_.area = areas[areas.size() / 2];
  }
  if (seconds > 0) habits_.speed = path / seconds;
  nodes_.resize(std::min(nodes_.size(), std::max(kMostTracklets, 2 * longest)));
  std::sort(nodes_.begin(), nodes_.end(), [&](size_t a, size_t b) {
    const int64_t first = tracklets_[a].first.frame, other = tracklets_[b].first.frame;
    return first != other ? first < other : a < b;
  });
}

double Linker::worth(const Tracklet& tracklet) const {
  const double size = std::clamp(tracklet.mean_area / habits_.area, 0.1, 1.0);
  const double moved = tracklet.reach * tracklet.reach > tracklet.mean_area ? 1 : kStillWorth;
  return kSightingWorth * static_cast<double>(tracklet.sightings) * size * moved;
}

double Linker::cost(const Tracklet& a, const Tracklet& b) const {
  const double gap = b.first.time - a.last.time;
  const double steady = std::min(gap, kSteadySeconds);
  const double moved = std::hypot(b.first.x - a.last.x, b.first.y - a.last.y);
  const double strayed =
      std::hypot(b.first.x - a.last.x - steady * a.last.vx, b.first.y - a.last.y - steady * a.last.vy);
  const double fastest = parameters_.max_speed > 0 ? parameters_.max_speed : 2 * habits_.speed;
  const double reach = std::sqrt(habits_.area) + fastest * gap;
  double sum = std::min(kDistanceScale * square(std::min(moved, strayed) / reach), kMostDistance);
  sum += std::min(square(std::log(b.mean_area / a.mean_area) / kSizeSigma) / 2, kMostSize);
  sum += std::min(kLooksWeight * a.appearance.distance(b.appearance.look(), parameters_), kMostLooks);
  return sum;
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

/// Against changing places with each other chain that ends, begins or is broken at that time.
float Linker::confidence(int32_t before, int32_t after) const {
  const double chosen = cost(of(before), of(after));
  double margin = 1e300;
  for (int32_t other = 0; other < static_cast<int32_t>(nodes_.size()); ++other) {
    if (other == before || other == after || next_[other] == -2) continue;
    // `other` is lost at that time, and may be found again as somebody.
    if (follows(other, after)) {
      const int32_t found = next_[other];
      if (found < 0) {
        margin = std::min(margin, cost(of(other), of(after)) - chosen);
      } else if (follows(before, found)) {
        margin = std::min(
            margin, cost(of(other), of(after)) + cost(of(before), of(found)) - chosen - cost(of(other), of(found)));
      }
    }
    // `other` is first seen at that time.
    if (prev_[other] == -1 && follows(before, other)) margin = std::min(margin, cost(of(before), of(other)) - chosen);
  }
  return static_cast<float>(1 / (1 + std::exp(-std::max(0.0, margin))));
}

std::vector<TrackName> Linker::names() {
  std::vector<double> costs;
  int64_t first = 0, last = 0;
  for (size_t i : nodes_) {
    costs.push_back(-worth(tracklets_[i]));
    first = costs.size() == 1 ? tracklets_[i].first.frame : std::min(first, tracklets_[i].first.frame);
    last = std::max(last, tracklets_[i].last.frame);
  }
  const ObjectCount& count = parameters_.count;
  const double start_cost = kSightingWorth * kOptionalShare * static_cast<double>(last - first + 1);
  const std::vector<int32_t> chain = disjoint_paths(costs, edges(), {count.least, count.most, start_cost});

  next_.assign(nodes_.size(), -2);
  prev_.assign(nodes_.size(), -2);
  std::vector<int32_t> newest(nodes_.size(), -1);  // node of each chain
  for (int32_t node = 0; node < static_cast<int32_t>(nodes_.size()); ++node) {
    if (chain[node] < 0) continue;
    int32_t& before = newest[chain[node]];
    next_[node] = -1;
    prev_[node] = before;
    if (before >= 0) next_[before] = node;
    before = node;
  }
  std::vector<TrackName> names(tracklets_.size());
  for (int32_t node = 0; node < static_cast<int32_t>(nodes_.size()); ++node) {
    if (chain[node] < 0) continue;
    names[nodes_[node]] = {static_cast<uint32_t>(chain[node]) + 1,
                           prev_[node] < 0 ? 1.0f : confidence(prev_[node], node)};
  }
  return names;
}

}  // namespace

std::vector<TrackName> relink(std::span<const Tracklet> tracklets, const TrackerParameters& parameters) {
  return Linker(tracklets, parameters).names();
}

}  // namespace flashcell::tracking
