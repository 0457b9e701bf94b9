#include "tests/tracking/touching_scene.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::test {
namespace {

using tracking::PixelRun;

constexpr double kPi = 3.14159265358979323846;

struct Animal : Ellipse {
  double speed = 0;
  int partner = -1;  ///< whom it walks to
  int until = 0;     ///< frame in which it thinks of something else
};

/// Half the extent of an ellipse in that direction.
double extent(const Ellipse& animal, double angle) {
  const double c = std::cos(angle - animal.turn) / animal.a, s = std::sin(angle - animal.turn) / animal.b;
  return 1 / std::sqrt(c * c + s * s);
}

/// Half of its box.
double half_width(const Ellipse& p) {
  return std::hypot(p.a * std::cos(p.turn), p.b * std::sin(p.turn));
}
double half_height(const Ellipse& p) {
  return std::hypot(p.a * std::sin(p.turn), p.b * std::cos(p.turn));
}

void walk(const TouchingScene& scene, std::vector<Animal>& animals, int index, int frame, Random& random) {
  Animal& animal = animals[index];
  if (frame >= animal.until) {
    animal.until = frame + static_cast<int>(random.uniform(20, 120));
    const int other = static_cast<int>(random.uniform(0, scene.animals));
    animal.partner = other != index && random.uniform(0, 1) < scene.company ? other : -1;
    animal.speed = scene.speed * random.uniform(0.3, 1.3);
  }
  const double margin = animal.a + 3;
  double turn = random.uniform(-0.1, 0.1);
  const bool outside =
      animal.x < margin || animal.y < margin || animal.x > scene.side - margin || animal.y > scene.side - margin;
  if (animal.partner >= 0 || outside) {
    const double to_x = outside ? scene.side / 2.0 : animals[animal.partner].x;
    const double to_y = outside ? scene.side / 2.0 : animals[animal.partner].y;
    const double off = std::remainder(std::atan2(to_y - animal.y, to_x - animal.x) - animal.turn, 2 * kPi);
    turn += std::clamp(off, -0.08, 0.08);
  }
  animal.turn += turn;
  animal.x += animal.speed * std::cos(animal.turn);
  animal.y += animal.speed * std::sin(animal.turn);
}

/// Half of what they lie over each other too much, to either side.
void push_apart(const TouchingScene& scene, Animal& a, Animal& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, distance = std::max(1e-6, std::hypot(dx, dy));
  const double angle = std::atan2(dy, dx);
  const double least = extent(a, angle) + extent(b, angle) - scene.overlap * scene.length / scene.aspect;
  const double excess = (least - distance) / 2;
  if (excess <= 0) return;
  a.x -= excess * dx / distance;
  a.y -= excess * dy / distance;
  b.x += excess * dx / distance;
  b.y += excess * dy / distance;
}

tracking::LabelledObject truth_of(const Animal& animal, int64_t frame, int64_t id) {
  const double left = std::ceil(animal.x - half_width(animal)), right = std::floor(animal.x + half_width(animal));
  const double top = std::ceil(animal.y - half_height(animal)), bottom = std::floor(animal.y + half_height(animal));
  return {frame, id, {left, top, right - left + 1, bottom - top + 1}, animal.x, animal.y};
}

}  // namespace

void add_runs(const Ellipse& animal, std::vector<PixelRun>& runs) {
  const double height = half_height(animal);
  const double c = std::cos(animal.turn), s = std::sin(animal.turn);
  const double xx = c * c / (animal.a * animal.a) + s * s / (animal.b * animal.b);
  const double xy = c * s * (1 / (animal.a * animal.a) - 1 / (animal.b * animal.b));
  const double yy = s * s / (animal.a * animal.a) + c * c / (animal.b * animal.b);
  for (int y = static_cast<int>(std::ceil(animal.y - height)); y <= animal.y + height; ++y) {
    const double dy = y - animal.y, root = xy * xy * dy * dy - xx * (yy * dy * dy - 1);
    if (root < 0) continue;
    const double middle = animal.x - xy * dy / xx, half = std::sqrt(root) / xx;
    const int first = static_cast<int>(std::ceil(middle - half)), last = static_cast<int>(std::floor(middle + half));
    if (first <= last) runs.push_back({y, first, last});
  }
}

TouchingRecording record(const TouchingScene& scene) {
  Random random(scene.seed);
  std::vector<Animal> animals;
  // On a grid, apart, so that each is known before it meets another one.
  const int per_row = static_cast<int>(std::ceil(std::sqrt(scene.animals)));
  const double cell = (scene.side - 2 * scene.length) / per_row;
  for (int i = 0; i < scene.animals; ++i) {
    Animal animal;
    animal.x = scene.length + cell * (i % per_row + 0.5);
    animal.y = scene.length + cell * (i / per_row + 0.5);
    animal.a = random.uniform(0.9, 1.1) * scene.length / 2;
    animal.b = animal.a / scene.aspect;
    animal.turn = random.uniform(-kPi, kPi);
    animal.speed = scene.speed;
    animal.until = 12;
    animals.push_back(animal);
  }
  TouchingRecording recording;
  for (int frame = 1; frame <= scene.frames; ++frame) {
    if (frame > 1) {
      for (int i = 0; i < scene.animals; ++i) walk(scene, animals, i, frame, random);
      for (size_t i = 0; i < animals.size(); ++i) {
        for (size_t k = 0; k < i; ++k) push_apart(scene, animals[k], animals[i]);
      }
    }
    std::vector<PixelRun> runs;
    for (const Animal& animal : animals) add_runs(animal, runs);
    recording.sights.push_back(see(frame, std::move(runs)));
    for (size_t i = 0; i < animals.size(); ++i)
      recording.truth.push_back(truth_of(animals[i], frame, static_cast<int64_t>(i) + 1));
  }
  return recording;
}

}  // namespace flashcell::test
