#pragma once
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"
#include "tracking/moment_split.hpp"

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
  /// An object's ellipse; a pixel's depth, squared, is 0 in its middle and 1 at its edge.
  struct Ellipse {
    double x = 0, y = 0;
    double major = 0, minor = 0;    ///< half axes, px
    double turn = 0;                ///< rad
    double xx = 0, xy = 0, yy = 0;  ///< depth as a quadratic form
    double slope = 0, base = 0;     ///< and in the row that was entered

    void aim();
    void enter(int32_t row);
    double depth(double px) const {
      const double dx = px - x;
      return (xx * dx + slope) * dx + base;
    }
  };
  /// Sums over an object's pixels, about its ellipse's middle.
  struct Sums {
    double weight = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    double alone = 0;  ///< pixels that are in no other ellipse
    int32_t left = 0, right = 0, top = 0, bottom = 0;
    bool any = false;

    void reach(int32_t px, int32_t py);
  };

  static Spread spread_of(const Sums& sums);
  void start(std::span<const Part> known);
  void add(size_t index, int32_t px, int32_t py, double weight, int step);
  size_t sort_by_row(int32_t y);
  void share_out(int32_t x, int32_t y, size_t near, int step);
  void share_out(std::span<const PixelRun> runs, int step);
  double move();
  void report(std::span<const Part> known, double pixels);

  std::vector<Ellipse> ellipses_;
  std::vector<Sums> sums_;
  std::vector<double> depths_;  ///< of one pixel, in each ellipse that it was compared with
  std::vector<size_t> order_;   ///< of the ellipses in one row
  std::vector<PixelPart> parts_;
  double counted_ = 0;       ///< pixels of the blob that were looked at
  double covered_ = 0;       ///< of these, in some ellipse
  double common_ = 0;        ///< and in further ones: once for each
  double common_share_ = 0;  ///< of a common pixel that counts for all but the one that it is deepest in
  double reach_ = 0;         ///< squared depth up to which a pixel outside of all ellipses belongs to the nearest
};

}  // namespace flashcell::tracking
