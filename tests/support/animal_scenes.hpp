#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "pipeline/source.hpp"

// Recordings as laboratories make them, drawn: what misleads a choice of segmentation stands in each of them. Small,
// and the same on every machine.
namespace flashcell::test {

/// Where an animal is.
struct DrawnAnimal {
  double x, y;    ///< px
  double length;  ///< px, its longer side
  double area;    ///< px, about
};

/// A grey frame that is drawn on.
class Canvas {
 public:
  Canvas(int width, int height) : width_(width), height_(height), grey_(static_cast<size_t>(width) * height) {}
  int width() const { return width_; }
  int height() const { return height_; }
  float& at(int x, int y) { return grey_[static_cast<size_t>(y) * width_ + x]; }
  /// Half axes `a`, `b` px, turned by `angle` rad, with soft edges; may reach out of the frame.
  void ellipse(double x, double y, double a, double b, double angle, double level);
  void rectangle(int left, int top, int right, int bottom, double level);
  /// Adds noise of that standard deviation, grey levels.
  void noise(double sigma, uint64_t seed);
  /// What a hard compressed video does: levels in steps, blocks of 8x8 px that jump.
  void compress(double step, uint64_t seed);

 private:
  int width_, height_;
  std::vector<float> grey_;
};

/// A colour without a grey level of its own: what is added to red and to blue; green makes up for both.
struct Tint {
  double red = 0, blue = 0;
};

/// What a person wants to be found, beside the picture that he sees.
struct AnimalScene {
  std::string name;
  int width = 0, height = 0;  ///< px
  int64_t frames = 0;
  double fps = 0;
  std::function<void(int64_t frame, Canvas& canvas)> draw;
  std::function<std::vector<DrawnAnimal>(int64_t frame)> animals;
  /// Of a recording in colour, how much a pixel has the animals' tint instead of the floor's, 0..1; else none.
  std::function<void(int64_t frame, Canvas& canvas)> tinted = nullptr;
  Tint floor = {}, animal = {};
};

inline void PrintTo(const AnimalScene& scene, std::ostream* out) {
  *out << scene.name;
}

/// All of them; each names what it is about.
const std::vector<AnimalScene>& animal_scenes();

/// The scene as a recording from frame `start`, grey8 or, where it is tinted, bgr8. The scene must outlive it.
std::unique_ptr<FrameSource> open_animal_scene(const AnimalScene& scene, int64_t start = 0, bool colour = false);

}  // namespace flashcell::test
