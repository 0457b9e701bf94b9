#include "host/synth/outline.hpp"

#include <algorithm>
#include <cmath>

#include "host/synth/turn.hpp"

namespace flashcell::host {
namespace {

constexpr int kGlyphColumns = 6, kGlyphRows = 10;

/// A seven-segment digit on a grid of square units, strokes two units thick, with its centroid.
struct Glyph {
  std::array<uint8_t, kGlyphRows> rows{};    // bit c: unit in column c
  int64_t area = 0, sum_x2 = 0, sum_y2 = 0;  // sums of twice the unit centres' coordinates
};

constexpr Glyph make_glyph(int digit) {
  // Segments a..g as bits 0..6: top, right upper, right lower, bottom, left lower, left upper, middle.
  constexpr uint8_t kSegments[10] = {0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F};
  constexpr uint8_t kRight = 0x30, kLeft = 0x03, kAcross = 0x3F;
  Glyph glyph;
  for (int r = 0; r < kGlyphRows; ++r) {
    const bool upper = r < 6, lower = r >= 4;
    const uint8_t on = kSegments[digit];
    uint8_t row = 0;
    if (r < 2 && (on & 0x01)) row |= kAcross;
    if (r >= 4 && r < 6 && (on & 0x40)) row |= kAcross;
    if (r >= 8 && (on & 0x08)) row |= kAcross;
    if ((upper && (on & 0x02)) || (lower && (on & 0x04))) row |= kRight;
    if ((upper && (on & 0x20)) || (lower && (on & 0x10))) row |= kLeft;
    glyph.rows[static_cast<size_t>(r)] = row;
    for (int c = 0; c < kGlyphColumns; ++c) {
      if (((row >> c) & 1) == 0) continue;
      glyph.area += 1;
      glyph.sum_x2 += 2 * c + 1;
      glyph.sum_y2 += 2 * r + 1;
    }
  }
  return glyph;
}

constexpr std::array<Glyph, 10> kGlyphs = {make_glyph(0), make_glyph(1), make_glyph(2), make_glyph(3), make_glyph(4),
                                           make_glyph(5), make_glyph(6), make_glyph(7), make_glyph(8), make_glyph(9)};

/// Seven units from the centroid reach every corner of every digit.
constexpr int32_t kUnitsPerRadius = 7;

int cut_glyph(const Glyph& glyph, int32_t radius, int32_t dy, FixedSpan* spans) {
  const int32_t unit = std::max(radius / kUnitsPerRadius, 1);
  const auto left = static_cast<int32_t>(-glyph.sum_x2 * unit / (2 * glyph.area));
  const auto top = static_cast<int32_t>(-glyph.sum_y2 * unit / (2 * glyph.area));
  if (dy < top || dy >= top + kGlyphRows * unit) return 0;
  const uint8_t row = glyph.rows[static_cast<size_t>((dy - top) / unit)];
  int count = 0;
  for (int c = 0; c < kGlyphColumns;) {
    if (((row >> c) & 1) == 0) {
      ++c;
      continue;
    }
    const int first = c;
    while (c < kGlyphColumns && ((row >> c) & 1) != 0) ++c;
    spans[count++] = {left + first * unit, left + c * unit};
  }
  return count;
}

}  // namespace

Outline Outline::disc(int32_t radius) {
  Outline outline;
  outline.radius_ = radius;
  return outline;
}

Outline Outline::polygon(int32_t radius, int sides, double turns) {
  Outline outline;
  outline.kind_ = Kind::polygon;
  outline.radius_ = radius;
  outline.sides_ = std::clamp(sides, 3, kMaxSides);
  for (int i = 0; i < outline.sides_; ++i) {
    const double angle = turns + static_cast<double>(i) / outline.sides_;
    outline.corners_[static_cast<size_t>(i)] = {static_cast<int32_t>(std::floor(radius * cosine_of_turns(angle) + 0.5)),
                                                static_cast<int32_t>(std::floor(radius * sine_of_turns(angle) + 0.5))};
  }
  return outline;
}

Outline Outline::ellipse(int32_t radius, double turns) {
  Outline outline;
  outline.kind_ = Kind::ellipse;
  outline.radius_ = radius;
  const double cosine = cosine_of_turns(turns), sine = sine_of_turns(turns);
  const double along = 1.0 / (static_cast<double>(radius) * radius), across = along / (kEllipse * kEllipse);
  outline.conic_ = {along * cosine * cosine + across * sine * sine, 2 * cosine * sine * (along - across),
                    along * sine * sine + across * cosine * cosine};
  return outline;
}

int Outline::cut_ellipse(int32_t dy, FixedSpan* spans) const {
  const auto [a, b, c] = conic_;
  const double y = dy, inside = b * b * y * y - 4 * a * (c * y * y - 1);
  if (!(inside > 0)) return 0;
  const double middle = -b * y / (2 * a), half = std::sqrt(inside) / (2 * a);
  spans[0] = {static_cast<int32_t>(std::floor(middle - half + 0.5)),
              static_cast<int32_t>(std::floor(middle + half + 0.5))};
  return spans[0].begin < spans[0].end ? 1 : 0;
}

Outline Outline::digit(int32_t radius, int digit) {
  Outline outline;
  outline.kind_ = Kind::glyph;
  outline.radius_ = radius;
  outline.digit_ = std::clamp(digit, 0, 9);
  return outline;
}

int Outline::cut(int32_t dy, FixedSpan* spans) const {
  if (dy <= -radius_ || dy >= radius_) return 0;
  if (kind_ == Kind::disc) {
    const int64_t square = static_cast<int64_t>(radius_) * radius_ - static_cast<int64_t>(dy) * dy;
    const auto half = static_cast<int32_t>(std::sqrt(static_cast<double>(square)));
    spans[0] = {-half, half};
    return 1;
  }
  if (kind_ == Kind::ellipse) return cut_ellipse(dy, spans);
  if (kind_ == Kind::glyph) return cut_glyph(kGlyphs[static_cast<size_t>(digit_)], radius_, dy, spans);

  int32_t begin = radius_ + 1, end = -radius_ - 1;
  for (int i = 0; i < sides_; ++i) {
    const Point a = corners_[static_cast<size_t>(i)];
    const Point b = corners_[static_cast<size_t>((i + 1) % sides_)];
    if ((a.y <= dy) == (b.y <= dy)) continue;
    const auto x = static_cast<int32_t>(a.x + static_cast<int64_t>(b.x - a.x) * (dy - a.y) / (b.y - a.y));
    begin = std::min(begin, x);
    end = std::max(end, x);
  }
  if (begin >= end) return 0;
  spans[0] = {begin, end};
  return 1;
}

}  // namespace flashcell::host
