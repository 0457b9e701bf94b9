#pragma once
#include <optional>

#include "tracking/detection.hpp"
#include "tracking/spread.hpp"

namespace flashcell::tracking {

/// What is known of one of the two objects in a blob.
struct Part {
  double area = 0;      ///< px
  Spread spread;        ///< as it was when seen alone
  double x = 0, y = 0;  ///< px, where it is thought to be: says which of the two it is
};

/// Where the two are, px, and the variance of that, px^2, on each axis.
struct PartPlaces {
  double ax = 0, ay = 0, bx = 0, by = 0;
  double variance = 0;
};

/// Two objects that touch and hide nothing of each other, from the blob's pixel-exact moments: what the blob's second
/// moments have over those of the parts is that of two points in the parts' places, whose distance and direction follow
/// (parallel axis theorem), about the blob's centroid. None where the areas do not add up, or nothing is left over.
std::optional<PartPlaces> split_by_moments(const Detection& blob, const Part& a, const Part& b);

}  // namespace flashcell::tracking
