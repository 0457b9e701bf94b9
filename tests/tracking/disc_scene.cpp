#include "tests/tracking/disc_scene.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace flashcell::test {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  double uniform(double low, double high) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return low + (high - low) * static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

struct Disc {
  double x, y, vx, vy, radius;
};

/// A row's foreground pixels first..last of one disc.
struct Run {
  int row, first, last;
};

std::vector<Run> runs_of(const Disc& disc) {
  std::vector<Run> runs;
  const int top = static_cast<int>(std::ceil(disc.y - disc.radius)),
            bottom = static_cast<int>(std::floor(disc.y + disc.radius));
  for (int row = top; row <= bottom; ++row) {
    const double half = std::sqrt(disc.radius * disc.radius - (row - disc.y) * (row - disc.y));
    const int first = static_cast<int>(std::ceil(disc.x - half)), last = static_cast<int>(std::floor(disc.x + half));
    if (first <= last) runs.push_back({row, first, last});
  }
  return runs;
}

int find(std::vector<int>& parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/// Unions of discs whose pixels overlap or touch, over corners too.
std::vector<tracking::Detection> measure(const std::vector<Disc>& discs) {
  std::vector<Run> runs;
  for (const Disc& disc : discs) {
    const std::vector<Run> own = runs_of(disc);
    runs.insert(runs.end(), own.begin(), own.end());
  }
  // Overlapping runs of a row become one, so that no pixel counts twice.
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return a.row != b.row ? a.row < b.row : a.first < b.first; });
  std::vector<Run> joined;
  for (const Run& run : runs) {
    if (!joined.empty() && joined.back().row == run.row && run.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, run.last);
    } else {
      joined.push_back(run);
    }
  }
  std::vector<int> parent(joined.size());
  std::iota(parent.begin(), parent.end(), 0);
  size_t above = 0;
  for (size_t i = 0; i < joined.size(); ++i) {
    while (above < i && (joined[above].row < joined[i].row - 1 ||
                         (joined[above].row == joined[i].row - 1 && joined[above].last < joined[i].first - 1))) {
      ++above;
    }
    for (size_t j = above; j < i && joined[j].row == joined[i].row - 1 && joined[j].first <= joined[i].last + 1; ++j) {
      parent[find(parent, static_cast<int>(i))] = find(parent, static_cast<int>(j));
    }
  }
  std::map<int, contract::ObjectRecord> records;
  for (size_t i = 0; i < joined.size(); ++i) {
    const auto found = records.try_emplace(find(parent, static_cast<int>(i)));
    const bool fresh = found.second;
    contract::ObjectRecord& record = found.first->second;
    const Run& run = joined[i];
    if (fresh) {
      record = {};
      record.left = record.top = 0xFFFF;
    }
    for (uint64_t x = run.first; x <= static_cast<uint64_t>(run.last); ++x) {
      const uint64_t y = run.row;
      record.m20 += x * x;
      record.m11 += x * y;
      record.m02 += y * y;
      record.m10 += x;
      record.m01 += y;
      ++record.m00;
    }
    record.left = std::min<uint16_t>(record.left, static_cast<uint16_t>(run.first));
    record.right = std::max<uint16_t>(record.right, static_cast<uint16_t>(run.last));
    record.top = std::min<uint16_t>(record.top, static_cast<uint16_t>(run.row));
    record.bottom = std::max<uint16_t>(record.bottom, static_cast<uint16_t>(run.row));
  }
  std::vector<tracking::Detection> detections;
  for (const auto& entry : records) detections.push_back(tracking::make_detection(entry.second, nullptr, {}));
  return detections;
}

void move(const DiscScene& scene, Random& random, Disc& disc) {
  if (scene.turning > 0) {
    const double turn = random.uniform(-scene.turning, scene.turning);
    const double vx = disc.vx * std::cos(turn) - disc.vy * std::sin(turn);
    disc.vy = disc.vx * std::sin(turn) + disc.vy * std::cos(turn);
    disc.vx = vx;
  }
  const auto bounce = [&](double& place, double& speed) {
    place += speed;
    const double low = disc.radius + 1, high = scene.side - 2 - disc.radius;
    if (place < low || place > high) {
      place = 2 * (place < low ? low : high) - place;
      speed = -speed;
    }
  };
  bounce(disc.x, disc.vx);
  bounce(disc.y, disc.vy);
}

tracking::LabelledObject truth_of(const Disc& disc, int64_t frame, int64_t id) {
  const double left = std::ceil(disc.x - disc.radius), right = std::floor(disc.x + disc.radius);
  const double top = std::ceil(disc.y - disc.radius), bottom = std::floor(disc.y + disc.radius);
  return {frame, id, {left, top, right - left + 1, bottom - top + 1}, disc.x, disc.y};
}

}  // namespace

DiscRecording record(const DiscScene& scene) {
  Random random(scene.seed);
  std::vector<Disc> discs;
  while (static_cast<int>(discs.size()) < scene.objects) {
    const double radius = random.uniform(scene.min_radius, scene.max_radius);
    const double x = random.uniform(radius + 1, scene.side - 2 - radius);
    const double y = random.uniform(radius + 1, scene.side - 2 - radius);
    const double speed = random.uniform(scene.min_speed, scene.max_speed), angle = random.uniform(0, 6.283185307179586);
    const bool touches = std::any_of(discs.begin(), discs.end(), [&](const Disc& disc) {
      return std::hypot(x - disc.x, y - disc.y) < radius + disc.radius + 2;
    });
    if (scene.start_apart && touches) continue;
    discs.push_back({x, y, speed * std::cos(angle), speed * std::sin(angle), radius});
  }
  DiscRecording recording;
  for (int64_t frame = 1; frame <= scene.frames; ++frame) {
    if (frame > 1) {
      for (Disc& disc : discs) move(scene, random, disc);
    }
    if (frame > 1 && random.uniform(0, 1) < scene.dropped) continue;
    recording.sights.push_back({frame, measure(discs)});
    for (size_t i = 0; i < discs.size(); ++i)
      recording.truth.push_back(truth_of(discs[i], frame, static_cast<int64_t>(i) + 1));
  }
  return recording;
}

}  // namespace flashcell::test
