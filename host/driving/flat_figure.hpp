#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "host/driving/painter.hpp"
#include "host/driving/street_light.hpp"
#include "host/synth/turn.hpp"

namespace flashcell::host {

/// Draws in a plane that faces the camera: m to the right of a point on the ground, m above it.
class FlatFigure {
 public:
  /// `mirror` -1: the other way round.
  FlatFigure(Painter& painter, const StreetLight& light, Point3 ground, float mirror)
      : painter_(painter), light_(light), ground_(ground), mirror_(mirror) {}

  Point3 at(float x, float y) const { return ground_ + Point3{mirror_ * x, y, 0}; }

  void shape(std::span<const Point2> corners, Colour albedo) {
    std::array<Point3, 32> points;
    const size_t count = std::min(corners.size(), points.size());
    Point2 middle;
    for (size_t i = 0; i < count; ++i) {
      points[i] = at(corners[i].x, corners[i].y);
      middle.x += corners[i].x / static_cast<float>(count);
      middle.y += corners[i].y / static_cast<float>(count);
    }
    painter_.polygon(std::span<const Point3>(points.data(), count), lit(albedo, at(middle.x, middle.y)));
  }

  /// A stroke from a to b, `from` wide at a, `to` at b.
  void limb(Point2 a, Point2 b, float from, float to, Colour albedo) {
    const float dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy);
    if (length <= 0) return;
    const float nx = -dy / length * 0.5F, ny = dx / length * 0.5F;
    const std::array<Point2, 4> corners{{{a.x + nx * from, a.y + ny * from},
                                         {b.x + nx * to, b.y + ny * to},
                                         {b.x - nx * to, b.y - ny * to},
                                         {a.x - nx * from, a.y - ny * from}}};
    shape(corners, albedo);
  }

  void ellipse(Point2 centre, float rx, float ry, Colour albedo) {
    std::array<Point2, 12> corners;
    for (size_t i = 0; i < corners.size(); ++i) {
      const double turn = static_cast<double>(i) / 12;
      corners[i] = {centre.x + rx * static_cast<float>(cosine_of_turns(turn)),
                    centre.y + ry * static_cast<float>(sine_of_turns(turn))};
    }
    shape(corners, albedo);
  }

  /// Of a circle's line.
  void ring(Point2 centre, float radius, float width, Colour albedo) {
    constexpr size_t kSides = 15;
    std::array<Point2, 2 * kSides + 2> corners;
    for (size_t i = 0; i <= kSides; ++i) {
      const double turn = static_cast<double>(i) / kSides;
      const auto c = static_cast<float>(cosine_of_turns(turn)), s = static_cast<float>(sine_of_turns(turn));
      corners[i] = {centre.x + radius * c, centre.y + radius * s};
      corners[2 * kSides + 1 - i] = {centre.x + (radius - width) * c, centre.y + (radius - width) * s};
    }
    shape(corners, albedo);
  }

  Colour lit(Colour albedo, Point3 p) const { return albedo * light_.at(p, {0, 0, -1}, painter_.camera()); }
  Painter& painter() { return painter_; }

 private:
  Painter& painter_;
  const StreetLight& light_;
  Point3 ground_;
  float mirror_;
};

}  // namespace flashcell::host
