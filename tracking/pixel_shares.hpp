#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"

namespace flashcell::tracking {

/// An object's ellipse; a pixel's depth, squared, is 0 in its middle and 1 at its edge.
struct PartEllipse {
  double x = 0, y = 0;            ///< px
  double major = 1, minor = 1;    ///< half axes, px
  double turn = 0;                ///< rad, of the major axis against +x
  double xx = 0, xy = 0, yy = 0;  ///< depth as a quadratic form

  /// Sets the quadratic form, after a change of axes or turn.
  void aim();
};

/// Sums over the pixels that an ellipse has, about its middle, px.
struct PartSums {
  double weight = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  double alone = 0;  ///< pixels that are in no other ellipse
  /// Around the pixels that are at least half its own, in steps; the wrong way round if there are none.
  int32_t left = std::numeric_limits<int32_t>::max(), right = std::numeric_limits<int32_t>::min();
  int32_t top = left, bottom = right;

  bool any() const { return left <= right; }
};

/// How pixels are shared out.
struct ShareRules {
  int step = 1;       ///< px from one to the next, along a row and from row to row
  double reach = 1;   ///< >= 1: squared depth up to which a pixel outside of all ellipses belongs to the nearest
  double hidden = 0;  ///< of the blob's pixels, >= 0: as many count once more, for others that are inside
};

/// Every `step`th pixel of every `step`th row, counted in steps. Replaces `sampled`.
void sample(std::span<const PixelRun> runs, int step, std::vector<PixelRun>& sampled);

/// Shares out a blob's pixels among ellipses. A pixel belongs to the ellipse that it is deepest in, or else to the
/// nearest within reach, and by a share to all others that it is inside of: the same share everywhere, at most the
/// whole pixel, by which together they get what is hidden. An ellipse crosses a row from one pixel to another: between
/// such ends what is true of a pixel is true of its neighbours, so that they are summed up in closed form, and only
/// where several ellipses want the same pixels are those compared. Allocates nothing once the most ellipses have been
/// seen.
class PixelShares {
 public:
  /// `runs`: row by row and in a row from left to right, in steps.
  void share(std::span<const PixelRun> runs, std::span<const PartEllipse> ellipses, const ShareRules& rules);

  /// One for each ellipse, of the last call.
  const std::vector<PartSums>& sums() const { return sums_; }
  double counted() const { return counted_; }  ///< pixels that were shared out or left over
  double covered() const { return covered_; }  ///< of these, in some ellipse
  double common() const { return common_; }    ///< and in further ones: once for each
  double common_share() const { return common_share_; }

 private:
  /// What crossing a row needs of an ellipse.
  struct Shape {
    double x, y, xx, xy, yy;
    double lean;          ///< px to the right a row, of the middle of what it crosses
    double rise, width;   ///< of the least depth in a row, by squared rows; of half a crossing squared, by depth
    int32_t top, bottom;  ///< rows within reach, in steps
    uint32_t index;
  };
  /// Where an ellipse crosses the present row.
  struct Crossing {
    const Shape* shape;
    double dy, slope, base;        ///< of the depth
    int32_t first = 0, last = -1;  ///< inside, in steps; the wrong way round if nothing is

    double depth(double px) const {
      const double dx = px - shape->x;
      return (shape->xx * dx + slope) * dx + base;
    }
    /// Of the depth, a px.
    double rise(double px) const { return 2 * shape->xx * (px - shape->x) + slope; }
  };
  /// Sums over pixels, about an ellipse's middle, and the box around them.
  struct Sums {
    double weight = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    int32_t left = std::numeric_limits<int32_t>::max(), right = std::numeric_limits<int32_t>::min();
    int32_t top = left, bottom = right;
  };
  /// What an ellipse has, before the share of what is common is known.
  struct Claims {
    Sums alone;    ///< no other ellipse is there
    Sums common;   ///< others are as well
    Sums deepest;  ///< of these, deepest in this one
  };

  void prepare(std::span<const PartEllipse> ellipses);
  void settle();
  // Inline, which else nothing is in a library whose symbols may be replaced.
  inline void enter(int32_t row);
  inline void find_ends(Crossing& crossing) const;
  inline bool give_whole(const PixelRun& run, const Crossing& crossing);
  inline void sweep(const PixelRun& run);
  inline void give_nearest(int32_t first, int32_t last);
  inline void give_common(int32_t first, int32_t last);
  inline void give_deepest(int32_t first, int32_t last);
  inline int32_t end_of(const Crossing& owner, int32_t first, int32_t last) const;
  inline int32_t end_of_two(const Crossing& owner, int32_t first, int32_t last) const;
  inline void give_alone(const Crossing& crossing, int32_t first, int32_t last);
  inline void finish_alone();
  inline void add(const Crossing& crossing, int32_t first, int32_t last, Sums& sums);

  ShareRules rules_;
  double step_ = 1, steps_per_pixel_ = 1;
  double moment_ = 1;                ///< px^2: the second moment of n pixels side by side is n (n^2 - 1) times as much
  std::vector<Shape> shapes_;        ///< by their top
  size_t waiting_ = 0;               ///< the first of them that begins below the present row
  std::vector<uint32_t> open_;       ///< of shapes_, that the present row may cross
  int32_t row_ = 0;                  ///< the present one
  std::vector<Crossing> crossings_;  ///< of it
  bool ends_known_ = false;          ///< of these
  std::vector<const Crossing*> inside_;  ///< of these, what the present pixel is inside of
  /// Pixels side by side that belong to one alone, not yet added.
  struct {
    const Crossing* owner = nullptr;
    int32_t first = 0, last = 0;
  } alone_;
  std::vector<Claims> claims_;
  std::vector<PartSums> sums_;
  double counted_ = 0, covered_ = 0, common_ = 0, common_share_ = 0;
};

}  // namespace flashcell::tracking
