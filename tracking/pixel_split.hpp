#pragma once
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"
#include "tracking/moment_split.hpp"
#include "tracking/pixel_shares.hpp"

namespace flashcell::tracking {

/// What a blob's pixels say of one of the objects in it.
struct PixelPart {
  bool shown = false;   ///< enough of it to tell its place; else only `turned` holds
  double x = 0, y = 0;  ///< px, centroid of its pixels
  double area = 0;      ///< px that it shows; where it shares pixels with others, its share of them
  Spread spread;        ///< of its pixels
  Box box;              ///< around them
  Spread turned;        ///< as it is known, in the direction in which that fits best
  double variance = 0;  ///< px^2 of its place, on each axis
};

/// Divides a blob's pixels among the objects that are known to be in it. Each is an ellipse of the area and the second
/// moments that it had alone, and only its place and its direction are searched: a pixel belongs to the ellipse that
/// it is deepest in, and each ellipse moves to the centroid of its pixels (k-means with these distances). Pixels inside
/// of several ellipses count for all of them as far as the objects' areas exceed the blob's: that much they hide of
/// each other. Any number of objects. Allocates nothing once the largest blob has been seen.
class PixelSplit {
 public:
  /// `known`: area, shape and predicted place of each object, which say also who is who. One for each of them; empty
  /// without pixels. Valid until the next call.
  std::span<const PixelPart> split(std::span<const PixelRun> runs, std::span<const Part> known);

 private:
  static Spread spread_of(const PartSums& sums);
  void start(std::span<const Part> known);
  double move();
  void report(std::span<const Part> known, double pixels);

  std::vector<PartEllipse> ellipses_;
  std::vector<PixelRun> sampled_;
  PixelShares shares_;
  std::vector<PixelPart> parts_;  ///< room for the most
};

}  // namespace flashcell::tracking
