#include "tests/tracking/disc_scene.hpp"

#include <algorithm>
#include <cmath>

#include "tests/tracking/blobs.hpp"

namespace flashcell::test {
namespace {

using tracking::PixelRun;

struct Disc {
  double x, y, vx, vy, radius;
};

std::vector<PixelRun> runs_of(const Disc& disc) {
  std::vector<PixelRun> runs;
  const int top = static_cast<int>(std::ceil(disc.y - disc.radius)),
            bottom = static_cast<int>(std::floor(disc.y + disc.radius));
  for (int row = top; row <= bottom; ++row) {
    const double half = std::sqrt(disc.radius * disc.radius - (row - disc.y) * (row - disc.y));
    const int first = static_cast<int>(std::ceil(disc.x - half)), last = static_cast<int>(std::floor(disc.x + half));
    if (first <= last) runs.push_back({row, first, last});
  }
  return runs;
}

std::vector<PixelRun> runs_of(const std::vector<Disc>& discs) {
  std::vector<PixelRun> runs;
  for (const Disc& disc : discs) {
    const std::vector<PixelRun> own = runs_of(disc);
    runs.insert(runs.end(), own.begin(), own.end());
  }
  return runs;
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
    recording.sights.push_back(see(frame, runs_of(discs)));
    for (size_t i = 0; i < discs.size(); ++i)
      recording.truth.push_back(truth_of(discs[i], frame, static_cast<int64_t>(i) + 1));
  }
  return recording;
}

}  // namespace flashcell::test
