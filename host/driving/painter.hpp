#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/driving/light_image.hpp"
#include "host/driving/street_camera.hpp"

namespace flashcell::host {

/// What was painted of one owner, hidden pixels too.
struct Silhouette {
  int left = INT32_MAX, top = INT32_MAX, right = -1, bottom = -1;  ///< inclusive, px
  int pixels = 0;
};

/// Paints polygons of even light into an image, later ones over earlier ones, with smooth edges: four cuts through each
/// row of pixels, each exact along the row. A pixel is its owner's where at least half is covered.
class Painter {
 public:
  Painter(LightImage& image, const StreetCamera& camera);

  const StreetCamera& camera() const { return camera_; }
  /// Whose pixels come next; their silhouette starts anew.
  void begin(uint16_t owner);
  const Silhouette& silhouette() const { return silhouette_; }

  /// Corners in pixels.
  void polygon(std::span<const Point2> corners, Colour light);
  /// Corners in the world; what is behind the camera is cut off.
  void polygon(std::span<const Point3> corners, Colour light);
  /// Light around a lamp at `centre` as lens and eye scatter it: `light` there, (1 + r^2 / radius^2)^-2 of it at r px.
  void glow(Point2 centre, float radius, Colour light);

 private:
  void add_line(std::span<const Point2> corners, float y);
  void add_edge(float x, float weight);

  LightImage& image_;
  StreetCamera camera_;
  uint16_t owner_ = 0;
  Silhouette silhouette_;
  std::vector<float> steps_, crossings_;
  std::vector<Point2> projected_;
  std::vector<Point3> clipped_;
};

}  // namespace flashcell::host
