#include "host/driving/painter.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {
namespace {

constexpr int kLines = 4;
constexpr float kNear = 0.4F;  // m
constexpr float kFar = 1e6F;   // px beyond any picture

}  // namespace

Painter::Painter(LightImage& image, const StreetCamera& camera)
    : image_(image), camera_(camera), steps_(static_cast<size_t>(image.width) + 2) {}

void Painter::begin(uint16_t owner) {
  owner_ = owner;
  silhouette_ = {};
}

void Painter::add_edge(float x, float weight) {
  // From x to the right; pixel i covers i - 0.5 .. i + 0.5.
  const float place = std::clamp(x + 0.5F, 0.0F, static_cast<float>(image_.width));
  const int pixel = static_cast<int>(place);
  const float part = place - static_cast<float>(pixel);
  steps_[static_cast<size_t>(pixel)] += weight * (1 - part);
  steps_[static_cast<size_t>(pixel) + 1] += weight * part;
}

void Painter::add_line(std::span<const Point2> corners, float y) {
  crossings_.clear();
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point2 a = corners[i], b = corners[(i + 1) % corners.size()];
    if ((a.y <= y) == (b.y <= y)) continue;
    crossings_.push_back(a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y));
  }
  std::sort(crossings_.begin(), crossings_.end());
  for (size_t i = 0; i + 1 < crossings_.size(); i += 2) {
    add_edge(crossings_[i], 1.0F / kLines);
    add_edge(crossings_[i + 1], -1.0F / kLines);
  }
}

void Painter::polygon(std::span<const Point2> corners, Colour light) {
  float left = kFar, right = -kFar, top = kFar, bottom = -kFar;
  for (const Point2& p : corners) {
    left = std::min(left, p.x);
    right = std::max(right, p.x);
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
  }
  const auto first = [](float low, int end) {
    return static_cast<int>(std::clamp(low, 0.0F, static_cast<float>(end)));
  };
  const int x0 = first(std::floor(left), image_.width), x1 = first(std::ceil(right) + 2, image_.width);
  const int y0 = first(std::floor(top), image_.height), y1 = first(std::ceil(bottom) + 2, image_.height);
  if (x0 >= x1) return;
  for (int y = y0; y < y1; ++y) {
    std::fill(steps_.begin() + x0, steps_.begin() + x1 + 2 - (x1 == image_.width ? 0 : 1), 0.0F);
    for (int line = 0; line < kLines; ++line)
      add_line(corners, static_cast<float>(y) - 0.5F + (static_cast<float>(line) + 0.5F) / kLines);
    float coverage = 0;
    const size_t row = static_cast<size_t>(y) * image_.width;
    for (int x = x0; x < x1; ++x) {
      coverage += steps_[static_cast<size_t>(x)];
      if (coverage < 1e-3F) continue;
      const size_t i = row + static_cast<size_t>(x);
      image_.light[i] = mix(image_.light[i], light, std::min(coverage, 1.0F));
      if (coverage < 0.5F) continue;
      if (image_.owner[i] != owner_ && owner_ != 0) {
        ++silhouette_.pixels;
        silhouette_.left = std::min(silhouette_.left, x);
        silhouette_.right = std::max(silhouette_.right, x);
        silhouette_.top = std::min(silhouette_.top, y);
        silhouette_.bottom = std::max(silhouette_.bottom, y);
      }
      image_.owner[i] = owner_;
    }
  }
}

void Painter::polygon(std::span<const Point3> corners, Colour light) {
  // Sutherland and Hodgman at the near plane.
  const float near = camera_.z + kNear;
  clipped_.clear();
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point3 a = corners[i], b = corners[(i + 1) % corners.size()];
    if (a.z >= near) clipped_.push_back(a);
    if ((a.z >= near) != (b.z >= near)) clipped_.push_back(a + (b - a) * ((near - a.z) / (b.z - a.z)));
  }
  if (clipped_.size() < 3) return;
  projected_.clear();
  for (const Point3& p : clipped_) projected_.push_back(camera_.project(p));
  polygon(std::span<const Point2>(projected_), light);
}

void Painter::glow(Point2 centre, float radius, Colour light) {
  const float reach = 12 * radius;
  const auto limit = [](float value, int end) {
    return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(end)));
  };
  const int x0 = limit(centre.x - reach, image_.width), x1 = limit(centre.x + reach + 1, image_.width);
  const int y0 = limit(centre.y - reach, image_.height), y1 = limit(centre.y + reach + 1, image_.height);
  const float scale = 1 / (radius * radius), edge = 1.0F / ((1 + 144) * (1 + 144));
  for (int y = y0; y < y1; ++y) {
    const float dy = static_cast<float>(y) - centre.y;
    for (int x = x0; x < x1; ++x) {
      const float dx = static_cast<float>(x) - centre.x, fall = 1 + (dx * dx + dy * dy) * scale;
      const float share = 1 / (fall * fall) - edge;
      if (share <= 0) continue;
      Colour& pixel = image_.light[static_cast<size_t>(y) * image_.width + static_cast<size_t>(x)];
      pixel = pixel + light * share;
    }
  }
}

}  // namespace flashcell::host
