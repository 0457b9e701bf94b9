#include "host/segment/choice/link.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace flashcell::host {
namespace {

constexpr float kReach = 1.2F, kLeastReach = 3;      // of an object's size, px: so far it moves in a frame
constexpr float kMostGrowth = 3;                     // ratio of the areas of one object in two frames
constexpr float kInPlace = 0.1F, kLeastInPlace = 3;  // of its size, px: what stays, be it that it shakes
constexpr float kLike = 1.7F;                        // ratio of areas of what is the same thing, long after
constexpr double kAlwaysThere = 0.85;                // share of the places in time
constexpr double kHoles = 0.25;                      // share of a stretch in which it may be missed
constexpr size_t kLeastPlaces = 4;

float ratio_of(float a, float b) {
  return a > b ? a / b : b / a;
}

/// Objects by their height in the frame.
class ByRow {
 public:
  explicit ByRow(std::span<const TrialObject> objects) : objects_(objects), order_(objects.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(),
              [&](int a, int b) { return objects_[a].y != objects_[b].y ? objects_[a].y < objects_[b].y : a < b; });
  }

  /// Calls visit(index, squared distance) for all within `reach` of the object.
  template <class Visit>
  void near(const TrialObject& o, float reach, Visit visit) const {
    auto at = std::lower_bound(order_.begin(), order_.end(), o.y - reach,
                               [&](int index, float y) { return objects_[index].y < y; });
    for (; at != order_.end() && objects_[*at].y <= o.y + reach; ++at) {
      const float dx = objects_[*at].x - o.x, dy = objects_[*at].y - o.y;
      const float squared = dx * dx + dy * dy;
      if (squared <= reach * reach) visit(*at, squared);
    }
  }

 private:
  std::span<const TrialObject> objects_;
  std::vector<int> order_;
};

std::vector<int32_t> nearest(std::span<const TrialObject> from, std::span<const TrialObject> to) {
  const ByRow rows(to);
  std::vector<int32_t> best(from.size(), -1);
  for (size_t i = 0; i < from.size(); ++i) {
    const TrialObject& o = from[i];
    float least = std::numeric_limits<float>::max();
    rows.near(o, std::max(kLeastReach, kReach * std::sqrt(o.area)), [&](int index, float squared) {
      const float ratio = ratio_of(o.area, to[index].area);
      if (ratio > kMostGrowth) return;
      const float growth = std::log(ratio), cost = squared / o.area + growth * growth;
      if (cost < least) {
        least = cost;
        best[i] = index;
      }
    });
  }
  return best;
}

}  // namespace

std::vector<int32_t> link_objects(std::span<const TrialObject> from, std::span<const TrialObject> to) {
  std::vector<int32_t> forth = nearest(from, to);
  const std::vector<int32_t> back = nearest(to, from);
  for (size_t i = 0; i < from.size(); ++i) {
    if (forth[i] >= 0 && back[forth[i]] != static_cast<int32_t>(i)) forth[i] = -1;
  }
  return forth;
}

std::vector<TrialObject> mirrored(std::vector<TrialObject> objects, int width) {
  for (TrialObject& o : objects) o.x = static_cast<float>(width - 1) - o.x;
  return objects;
}

void find_fixed(std::span<const int> places, std::vector<TrialFrame>& trial) {
  std::vector<ByRow> rows;
  std::vector<int> usable;
  for (const int place : places) {
    if (!trial[place].usable) continue;
    usable.push_back(place);
    rows.emplace_back(trial[place].objects);
  }
  for (TrialFrame& frame : trial) {
    for (TrialObject& o : frame.objects) {
      o.fixed = o.settled = false;
      if (usable.size() < kLeastPlaces) continue;
      size_t seen = 0, first = 0, last = 0;
      for (size_t p = 0; p < usable.size(); ++p) {
        bool like = false;
        rows[p].near(o, std::max(kLeastInPlace, kInPlace * std::sqrt(o.area)), [&](int index, float) {
          like |= ratio_of(o.area, trial[usable[p]].objects[index].area) <= kLike;
        });
        if (!like) continue;
        if (seen++ == 0) first = p;
        last = p;
      }
      const auto most = static_cast<size_t>((1 - kAlwaysThere) * static_cast<double>(usable.size()));
      o.fixed = usable.size() - seen <= most;
      const size_t stretch = last - first + 1;
      // What is there now and then is a texture at the edge of being seen.
      o.settled = !o.fixed && seen >= 2 && static_cast<double>(stretch - seen) <= kHoles * static_cast<double>(stretch);
    }
  }
}

}  // namespace flashcell::host
