#include "tracking/spread.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

/// Of the moments along the two axes.
double half_difference(const Spread& spread) {
  return std::sqrt(square((spread.xx - spread.yy) / 2) + square(spread.xy));
}

double full_axis(double moment) {
  return 4 * std::sqrt(std::max(0.0, moment));
}

}  // namespace

double orientation(const Spread& spread) {
  return half_difference(spread) > 0 ? std::atan2(spread.xy, (spread.xx - spread.yy) / 2) / 2 : 0;
}

double major_axis(const Spread& spread) {
  return full_axis((spread.xx + spread.yy) / 2 + half_difference(spread));
}

double minor_axis(const Spread& spread) {
  return full_axis((spread.xx + spread.yy) / 2 - half_difference(spread));
}

}  // namespace flashcell::tracking
