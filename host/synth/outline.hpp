#pragma once
#include <array>
#include <cstdint>

namespace flashcell::host {

/// Lengths in scenes are fixed-point: 256 to a pixel.
constexpr int kFixedBits = 8;
constexpr int32_t kFixedOne = 1 << kFixedBits;

struct FixedSpan {
  int32_t begin, end;  ///< half-open
};
constexpr int kMaxSpans = 3;

/// A silhouette around its centroid (0,0), cut line by line.
class Outline {
 public:
  static Outline disc(int32_t radius);
  /// Regular polygon in a circle of `radius`; `turns`: rotation.
  static Outline polygon(int32_t radius, int sides, double turns);
  /// Ellipse of half axes `radius` and `radius` * kEllipse; `turns`: of its long axis.
  static Outline ellipse(int32_t radius, double turns);
  static constexpr double kEllipse = 0.45;
  /// Seven-segment digit 0..9 that fits into a circle of `radius`.
  static Outline digit(int32_t radius, int digit);

  /// Where the line at height `dy` runs inside, left to right; number of spans, at most kMaxSpans.
  int cut(int32_t dy, FixedSpan* spans) const;

 private:
  int cut_ellipse(int32_t dy, FixedSpan* spans) const;

  enum class Kind : uint8_t { disc, polygon, glyph, ellipse };
  struct Point {
    int32_t x, y;
  };
  static constexpr int kMaxSides = 6;

  Kind kind_ = Kind::disc;
  int32_t radius_ = 0;
  int sides_ = 0;
  std::array<Point, kMaxSides> corners_{};
  int digit_ = 0;
  std::array<double, 3> conic_{};  // a x^2 + b x y + c y^2 = 1, of an ellipse
};

}  // namespace flashcell::host
