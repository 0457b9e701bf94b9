#include "tracking/metrics/constant_shift.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

namespace flashcell::tracking {
namespace {

constexpr size_t kMostPairs = 1'000'000;  ///< are looked at, of objects evenly taken
constexpr int64_t kLeastPairs = 20;       ///< fewer show nothing
constexpr double kShareThatFits = 0.5;    ///< of the pairs there can be, one to one, that it holds for
constexpr double kShortestShift = 1;      ///< px
constexpr double kLeastOfScale = 0.1;     ///< smaller shifts hardly matter
constexpr double kMostOfShift = 0.25;     ///< spread of what is no chance
constexpr double kLeastExtent = 3;        ///< by which places differ (RMS), in bins

/// An object and a track's of the same frame.
struct Displacement {
  const LabelledObject* truth;
  double dx, dy;  ///< px, from it to the track's
};

struct Displacements {
  std::vector<Displacement> all;
  double possible = 0;  ///< one to one
};

/// Objects, or tracks' objects, by frame.
class ObjectsByFrame {
 public:
  explicit ObjectsByFrame(std::span<const LabelledObject> all) {
    for (const LabelledObject& object : all) objects_.push_back(&object);
    std::stable_sort(objects_.begin(), objects_.end(),
                     [](const LabelledObject* a, const LabelledObject* b) { return a->frame < b->frame; });
  }
  const std::vector<const LabelledObject*>& objects() const { return objects_; }
  std::span<const LabelledObject* const> of(int64_t frame) const {
    const auto first = std::partition_point(objects_.begin(), objects_.end(),
                                            [&](const LabelledObject* o) { return o->frame < frame; });
    const auto last =
        std::partition_point(first, objects_.end(), [&](const LabelledObject* o) { return o->frame == frame; });
    return {first, last};
  }

 private:
  std::vector<const LabelledObject*> objects_;
};

Displacements displacements_of(const ObjectsByFrame& truth, const ObjectsByFrame& tracks) {
  size_t number = 0;
  for (const LabelledObject* object : truth.objects()) number += tracks.of(object->frame).size();
  // An odd step does not take the same one of two objects in every frame.
  const size_t step = number / kMostPairs * 2 + 1;
  Displacements pairs;
  for (size_t i = 0; i < truth.objects().size(); i += step) {
    const LabelledObject& own = *truth.objects()[i];
    const auto others = tracks.of(own.frame);
    const double share = static_cast<double>(others.size()) / static_cast<double>(truth.of(own.frame).size());
    pairs.possible += std::min(1.0, share);
    for (const LabelledObject* other : others) pairs.all.push_back({&own, other->x - own.x, other->y - own.y});
  }
  return pairs;
}

/// The middle of the fullest square of 3 by 3 bins.
std::pair<double, double> fullest_place(const std::vector<Displacement>& pairs, double bin) {
  struct Bin {
    int64_t x = 0, y = 0, pairs = 0;
  };
  std::unordered_map<uint64_t, Bin> bins;
  const auto key = [](int64_t x, int64_t y) {
    return static_cast<uint64_t>(x) * 0x9E3779B97F4A7C15U + static_cast<uint64_t>(y);
  };
  const auto number = [bin](double px) { return std::llround(std::clamp(px / bin, -1e15, 1e15)); };
  for (const Displacement& pair : pairs) {
    const int64_t x = number(pair.dx), y = number(pair.dy);
    Bin& found = bins[key(x, y)];
    found = {x, y, found.pairs + 1};
  }
  int64_t most = 0;
  Bin best;
  for (const auto& [own_key, own] : bins) {
    int64_t sum = 0;
    for (int64_t i = 0; i < 9; ++i) {
      const auto found = bins.find(key(own.x + i % 3 - 1, own.y + i / 3 - 1));
      if (found != bins.end()) sum += found->second.pairs;
    }
    // Of equals always the same, whatever the order in the table.
    if (sum < most || (sum == most && std::pair(own.x, own.y) > std::pair(best.x, best.y))) continue;
    most = sum;
    best = own;
  }
  return {static_cast<double>(best.x) * bin, static_cast<double>(best.y) * bin};
}

/// Moves what is there.
double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of each object the pair that is next to the place and within `reach` px of it.
std::vector<Displacement> pairs_near(const std::vector<Displacement>& pairs, std::pair<double, double> place,
                                     double reach) {
  const auto distance = [&](const Displacement& p) { return std::hypot(p.dx - place.first, p.dy - place.second); };
  std::vector<Displacement> near;
  for (const Displacement& pair : pairs) {
    if (distance(pair) > reach) continue;
    if (near.empty() || near.back().truth != pair.truth) {
      near.push_back(pair);
    } else if (distance(pair) < distance(near.back())) {
      near.back() = pair;
    }
  }
  return near;
}

std::pair<double, double> middle_of(const std::vector<Displacement>& pairs) {
  std::vector<double> dx, dy;
  for (const Displacement& pair : pairs) {
    dx.push_back(pair.dx);
    dy.push_back(pair.dy);
  }
  return {median_of(dx), median_of(dy)};
}

/// How far the objects' places are from their mean, px, RMS.
double extent_of(const std::vector<Displacement>& pairs) {
  const auto number = static_cast<double>(pairs.size());
  double x = 0, y = 0, squares = 0;
  for (const Displacement& pair : pairs) {
    x += pair.truth->x / number;
    y += pair.truth->y / number;
  }
  for (const Displacement& pair : pairs) {
    const double u = pair.truth->x - x, v = pair.truth->y - y;
    squares += (u * u + v * v) / number;
  }
  return std::sqrt(squares);
}

}  // namespace

std::optional<ConstantShift> constant_shift(std::span<const LabelledObject> truth,
                                            std::span<const LabelledObject> tracks, double scale) {
  const double bin = scale / 4;
  const Displacements pairs = displacements_of(ObjectsByFrame(truth), ObjectsByFrame(tracks));
  std::vector<Displacement> near = pairs_near(pairs.all, fullest_place(pairs.all, bin), 2 * bin);
  if (near.empty()) return std::nullopt;
  const auto [x, y] = middle_of(near);
  near = pairs_near(pairs.all, {x, y}, bin);
  const auto number = static_cast<int64_t>(near.size());
  if (number < kLeastPairs || static_cast<double>(number) < kShareThatFits * pairs.possible) return std::nullopt;
  std::vector<double> distances;
  distances.reserve(near.size());
  for (const Displacement& pair : near) distances.push_back(std::hypot(pair.dx - x, pair.dy - y));
  const ConstantShift shift{x, y, median_of(distances), number};
  const double length = std::hypot(x, y);
  if (length < std::max(kShortestShift, kLeastOfScale * scale) || shift.spread > kMostOfShift * length ||
      extent_of(near) < kLeastExtent * bin)
    return std::nullopt;
  return shift;
}

}  // namespace flashcell::tracking
