#include "pipeline/lens.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flashcell {
namespace {

constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();

/// Distances are in focal lengths from here on.
MappedPlace bend(const Lens& l, double x, double y) {
  const double u = x * x + y * y;
  const double radial = 1 + u * (l.k1 + u * (l.k2 + u * l.k3));
  const double slope = l.k1 + u * (2 * l.k2 + u * 3 * l.k3);  // of radial over u
  MappedPlace to;
  to.x = x * radial + 2 * l.p1 * x * y + l.p2 * (u + 2 * x * x);
  to.y = y * radial + l.p1 * (u + 2 * y * y) + 2 * l.p2 * x * y;
  to.dx_dx = radial + 2 * x * x * slope + 2 * l.p1 * y + 6 * l.p2 * x;
  to.dx_dy = to.dy_dx = 2 * x * y * slope + 2 * l.p1 * x + 2 * l.p2 * y;
  to.dy_dy = radial + 2 * y * y * slope + 6 * l.p1 * y + 2 * l.p2 * x;
  return to;
}

double radial_distance(const Lens& l, double r) {
  const double u = r * r;
  return r * (1 + u * (l.k1 + u * (l.k2 + u * l.k3)));
}

/// The change of radial_distance() with r, by r squared: 1 at the axis.
double radial_growth(const Lens& l, double u) {
  return 1 + u * (3 * l.k1 + u * (5 * l.k2 + u * 7 * l.k3));
}

/// The smallest distance at which the picture of what is further out comes no further out.
double turning_distance(const Lens& l) {
  constexpr double kFar = 1e8;  // squared; no camera sees so far aside
  // Between the places where the growth itself turns it only rises or only falls.
  double turns[] = {0, 0, kFar};
  const double a = 21 * l.k3, b = 10 * l.k2, c = 3 * l.k1;
  if (a == 0) {
    turns[0] = turns[1] = b == 0 ? 0 : -c / b;
  } else if (const double under_root = b * b - 4 * a * c; under_root > 0) {
    turns[0] = (-b - std::sqrt(under_root)) / (2 * a);
    turns[1] = (-b + std::sqrt(under_root)) / (2 * a);
  }
  std::sort(std::begin(turns), std::end(turns));
  double low = 0;
  for (const double turn : turns) {
    double high = std::clamp(turn, 0.0, kFar);
    if (radial_growth(l, high) > 0) {
      low = high;
      continue;
    }
    for (int i = 0; i < 200 && low < high; ++i) {
      const double middle = 0.5 * (low + high);
      (radial_growth(l, middle) > 0 ? low : high) = middle;
    }
    return std::sqrt(low);
  }
  return std::numeric_limits<double>::infinity();
}

/// The distance that the radial part alone takes to `distance`; NaN where none below `edge` is.
double unbent_distance(const Lens& l, double edge, double distance) {
  double low = 0, high = edge;
  if (std::isinf(edge)) {
    high = std::max(1.0, distance);
    for (int i = 0; i < 60 && radial_distance(l, high) < distance; ++i) high *= 2;
  }
  // The tangential part may still bring what lies at the edge inside.
  if (!(distance <= radial_distance(l, high))) return high;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    (radial_distance(l, middle) < distance ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

std::array<double, 2> distort(const Lens& lens, double x, double y) {
  const MappedPlace to = bend(lens, (x - lens.cx) / lens.fx, (y - lens.cy) / lens.fy);
  return {to.x * lens.fx + lens.cx, to.y * lens.fy + lens.cy};
}

Undistortion::Undistortion(const Lens& lens) : lens_(lens), edge_(turning_distance(lens)) {}

MappedPlace Undistortion::at(double x, double y) const {
  constexpr int kMostSteps = 50;
  constexpr double kNear = 1e-9;  // px
  const double to_x = (x - lens_.cx) / lens_.fx, to_y = (y - lens_.cy) / lens_.fy;
  const double distance = std::hypot(to_x, to_y);
  const double shrink = distance > 0 ? unbent_distance(lens_, edge_, distance) / distance : 1;
  double from_x = to_x * shrink, from_y = to_y * shrink;
  // Newton's steps: the radial part is solved, the tangential one is small.
  for (int i = 0; i < kMostSteps; ++i) {
    const MappedPlace is = bend(lens_, from_x, from_y);
    const double off_x = to_x - is.x, off_y = to_y - is.y, d = is.determinant();
    if (std::abs(off_x) * lens_.fx < kNear && std::abs(off_y) * lens_.fy < kNear) {
      if (!(d > 0) || std::hypot(from_x, from_y) > edge_) break;
      // Back to px, whose sides are as the focal lengths say.
      const double aspect = lens_.fx / lens_.fy;
      return {from_x * lens_.fx + lens_.cx, from_y * lens_.fy + lens_.cy, is.dy_dy / d,
              -is.dx_dy / d * aspect,       -is.dy_dx / d / aspect,       is.dx_dx / d};
    }
    from_x += (is.dy_dy * off_x - is.dx_dy * off_y) / d;
    from_y += (is.dx_dx * off_y - is.dy_dx * off_x) / d;
  }
  return {kNowhere, kNowhere, kNowhere, kNowhere, kNowhere, kNowhere};
}

}  // namespace flashcell
