#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"

// Rows of pixels, shared out among ellipses with the widest vectors of the machine it runs on: a row in each lane.
// Everything that is summed up is a whole number, so that every target gives the same sums.
namespace flashcell::tracking {

/// An ellipse as the crossing of rows needs it; px, but for the rows.
struct RowEllipse {
  double x = 0, y = 0;
  double xx = 0, xy = 0, yy = 0;  ///< depth as a quadratic form
  double lean = 0;                ///< px to the right a row, of the middle of what it crosses
  double rise = 0, width = 0;    ///< of the least depth in a row, by squared rows; of half a crossing squared, by depth
  int32_t top = 0, bottom = -1;  ///< rows within reach, in steps
};

/// Sums over pixels, whose places are counted in steps from an origin.
struct WholeSums {
  int64_t count = 0, x2 = 0, y = 0;   ///< x2: twice the sum
  int64_t xx12 = 0, xy2 = 0, yy = 0;  ///< twelve times, twice, once
};

/// Around pixels, in steps; the wrong way round if there are none.
struct WholeBox {
  int32_t left = std::numeric_limits<int32_t>::max(), right = std::numeric_limits<int32_t>::min();
  int32_t top = left, bottom = right;
};

/// Pixels of one ellipse.
struct RowClaims {
  WholeSums own;       ///< it is the deepest, and they are within its reach
  WholeSums shared;    ///< inside, but deeper in another one
  int64_t inside = 0;  ///< of its own, those inside
  int64_t common = 0;  ///< of these, those that are in others as well
  WholeBox own_box, inside_box;
};

/// The rows of a blob, and how they are shared out.
class RowShares {
 public:
  /// `runs`: row by row, in steps. `reach`: squared depth.
  void share(std::span<const PixelRun> runs, std::span<const RowEllipse> ellipses, int step, double reach);

  /// One for each ellipse, of the last call.
  std::span<const RowClaims> claims() const { return claims_; }
  int32_t origin_x() const { return origin_x_; }  ///< steps
  int32_t origin_y() const { return origin_y_; }

  /// Rows that are shared out at a time, which lie in memory that is near.
  static constexpr size_t kBatch = 64;

  /// What a batch is worked on with. Of each active ellipse kBatch numbers, one a row: where it crosses it, in steps,
  /// and where of these it is the deepest.
  struct Batch {
    double step = 1, reach = 1;
    double origin_x = 0, origin_y = 0;
    size_t rows = 0;
    const double *y = nullptr, *first = nullptr, *last = nullptr;  ///< kBatch each; behind the rows' end empty ones
    std::span<const RowEllipse> ellipses;
    std::span<const uint32_t> active;  ///< of the ellipses
    double *inside_first = nullptr, *inside_last = nullptr, *own_first = nullptr, *own_last = nullptr;
    double* terms = nullptr;  ///< of each active ellipse, for as many rows as a vector has lanes
    RowClaims* claims = nullptr;
    std::vector<uint32_t>* left_over = nullptr;  ///< rows of which an ellipse has two parts: nothing is done with them
  };

 private:
  void share_batch(std::span<const PixelRun> runs, std::span<const RowEllipse> ellipses);
  void share_plainly(const PixelRun& run, std::span<const RowEllipse> ellipses);

  int step_ = 1;
  double reach_ = 1;
  int32_t origin_x_ = 0, origin_y_ = 0;
  std::vector<RowClaims> claims_;
  std::vector<uint32_t> active_, left_over_;
  std::vector<double> numbers_, depths_;
};

}  // namespace flashcell::tracking
