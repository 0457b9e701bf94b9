#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"
#include "tracking/row_shares.hpp"

namespace flashcell::tracking {

/// An object's ellipse; a pixel's depth, squared, is 0 in its middle and 1 at its edge.
struct PartEllipse {
  double x = 0, y = 0;            ///< px
  double major = 1, minor = 1;    ///< half axes, px
  double turn = 0;                ///< rad, of the major axis against +x
  double xx = 0, xy = 0, yy = 0;  ///< depth as a quadratic form

  /// Sets the quadratic form, after a change of axes or turn.
  void aim();
  /// The same for a turn of which twice the angle has this cosine and sine.
  void aim(double cosine, double sine);
};

/// Sums over the pixels that an ellipse has, about its middle, px.
struct PartSums {
  double weight = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  // After look_over():
  double alone = 0;  ///< pixels that are in no other ellipse
  /// Around the pixels that are at least half its own, in steps; the wrong way round if there are none.
  int32_t left = std::numeric_limits<int32_t>::max(), right = std::numeric_limits<int32_t>::min();
  int32_t top = left, bottom = right;

  bool any() const { return left <= right; }
};

/// How pixels are shared out.
struct ShareRules {
  double reach = 1;   ///< >= 1: squared depth up to which a pixel outside of all ellipses belongs to the nearest
  double hidden = 0;  ///< of the blob's pixels, >= 0: as many count once more, for others that are inside
};

/// Every `step`th pixel of every `step`th row, counted in steps. Replaces `sampled`.
void sample(std::span<const PixelRun> runs, int step, std::vector<PixelRun>& sampled);

/// Shares out a blob's pixels among ellipses. A pixel belongs to the ellipse that it is deepest in, or else to the
/// nearest within reach, and by a share to all others that it is inside of: the same share everywhere, at most the
/// whole pixel, by which together they get what is hidden. An ellipse crosses a row from one pixel to another, and two
/// of them change places between two pixels: such ends are found for many rows at once, and what is between them is
/// summed up in closed form. Allocates nothing once the most ellipses have been seen.
class PixelShares {
 public:
  /// `runs`: row by row and in a row from left to right, in steps of `step` px from one pixel to the next, along a row
  /// and from row to row. They must stay until the last share().
  void start(std::span<const PixelRun> runs, int step);
  void share(std::span<const PartEllipse> ellipses, const ShareRules& rules);

  /// What only the last share() is asked for: covered(), and what PartSums says of places.
  void look_over();

  /// One for each ellipse, of the last call.
  const std::vector<PartSums>& sums() const { return sums_; }
  double counted() const { return counted_; }  ///< pixels that were shared out or left over
  double covered() const { return covered_; }  ///< of these, in some ellipse; after look_over()
  double common() const { return common_; }    ///< and in further ones: once for each
  double common_share() const { return common_share_; }

 private:
  void prepare(std::span<const PartEllipse> ellipses, const ShareRules& rules);
  PartSums settle(const RowClaims& claims, const PartEllipse& ellipse) const;

  int step_ = 1;
  std::vector<RowEllipse> in_rows_;  ///< room for the most ellipses
  RowShares rows_;
  std::vector<PartSums> sums_;
  double counted_ = 0, covered_ = 0, common_ = 0, common_share_ = 0;
};

}  // namespace flashcell::tracking
