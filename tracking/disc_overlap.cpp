#include "tracking/disc_overlap.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

/// Arc cosine to 2e-8 (Abramowitz, Stegun 1964, 4.4.46), a third of the library's time.
double arc_cosine(double cosine) {
  constexpr double kTerms[] = {1.5707963050, -0.2145988016, 0.0889789874, -0.0501743046,
                               0.0308918810, -0.0170881256, 0.0066700901, -0.0012624911};
  constexpr double kPi = 3.14159265358979323846;
  const double x = std::abs(cosine);
  double sum = 0;
  for (size_t i = std::size(kTerms); i-- > 0;) sum = sum * x + kTerms[i];
  const double angle = std::sqrt(1 - x) * sum;
  return cosine < 0 ? kPi - angle : angle;
}

/// Of the disc of the track's area.
double radius(const Track& track) {
  constexpr double kRadiusOfUnitArea = 0.56418958354775629;  // 1 / sqrt(pi)
  return kRadiusOfUnitArea * track.size;
}

}  // namespace

double shared_area(const Track& a, const Track& b) {
  const double r = radius(a), q = radius(b);
  const double squared = square(a.x.position() - b.x.position()) + square(a.y.position() - b.y.position());
  if (squared >= square(r + q)) return 0;
  if (squared <= square(r - q)) return std::min(a.area(), b.area());
  const double d = std::sqrt(squared);
  // Of each disc the segment beyond the common chord, at whose ends the radius makes this angle with the line of
  // centres.
  const auto segment = [d](double own, double other) {
    const double cosine = std::clamp((d * d + own * own - other * other) / (2 * d * own), -1.0, 1.0);
    return own * own * (arc_cosine(cosine) - cosine * std::sqrt(1 - cosine * cosine));
  };
  return segment(r, q) + segment(q, r);
}

Point shared_centroid(const Track& a, const Track& b) {
  const double r = radius(a), q = radius(b);
  const double dx = b.x.position() - a.x.position(), dy = b.y.position() - a.y.position();
  const double d = std::sqrt(dx * dx + dy * dy);
  if (d <= std::abs(r - q)) {
    const Track& smaller = r < q ? a : b;
    return {smaller.x.position(), smaller.y.position()};
  }
  // Halfway between the two edges on the line of centres; from a.
  const double way = (r + d - q) / (2 * d);
  return {a.x.position() + way * dx, a.y.position() + way * dy};
}

}  // namespace flashcell::tracking
