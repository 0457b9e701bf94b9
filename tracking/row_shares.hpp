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
  double left = 0, right = 0;    ///< px, likewise
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
  WholeSums own;     ///< it is the deepest, and they are within its reach
  WholeSums shared;  ///< inside, but deeper in another one
  // After look_over():
  int64_t inside = 0;  ///< of its own, those inside
  int64_t common = 0;  ///< of these, those that are in others as well
  WholeBox own_box, inside_box;
};

/// The rows of a blob, and how they are shared out. Allocates nothing once the most rows and ellipses have been seen.
class RowShares {
 public:
  /// `runs`: row by row, in steps of `step` px; they must stay until the last share().
  /// Returns how many pixels they are.
  int64_t start(std::span<const PixelRun> runs, int step);

  /// `ellipses` must stay until look_over(). `reach`: squared depth.
  void share(std::span<const RowEllipse> ellipses, double reach);

  /// The rest of the claims, once for a share(). `inside_boxes`: boxes of what is inside as well.
  void look_over(bool inside_boxes);

  /// One for each ellipse, of the last call.
  std::span<const RowClaims> claims() const { return claims_; }
  int32_t origin_x() const { return origin_x_; }  ///< steps
  int32_t origin_y() const { return origin_y_; }

  /// Rows that are shared out at a time, which lie in memory that is near.
  static constexpr size_t kBatch = 64;  // bits of a word
  static constexpr size_t kMostLanes = 8;

  /// An ellipse that may reach rows `from` .. `to` - 1 of a batch. The last of its vectors may go on behind them.
  struct Active {
    size_t ellipse = 0, from = 0, to = 0;
  };

  /// An ellipse that may reach pixels `first` .. `last` of a run.
  struct Rival {
    size_t ellipse = 0;
    double dy = 0;               ///< px from its middle
    double first = 0, last = 0;  ///< steps
    double depths[8] = {};       ///< of pixels that are looked at together
  };

  /// What a batch is worked on with. Of each active ellipse kStride numbers, one a row, of which those are filled that
  /// it may reach: where it crosses it, in steps, where of these it is the deepest, and at the run's first pixel its
  /// depth and how that rises.
  struct Batch {
    // Before and behind the rows of the last vector lies another one.
    static constexpr size_t kStride = kMostLanes + kBatch + 2 * kMostLanes;
    static size_t place(size_t active, size_t row) { return active * kStride + kMostLanes + row; }

    double step = 1, reach = 1;
    double origin_x = 0, origin_y = 0;
    bool inside_boxes = false;
    size_t first_run = 0, rows = 0;
    const double *y = nullptr, *first = nullptr, *last = nullptr;  ///< behind the rows' end empty ones, to full vectors
    std::span<const RowEllipse> ellipses;
    std::span<const Active> active;
    double *inside_first = nullptr, *inside_last = nullptr, *own_first = nullptr, *own_last = nullptr;
    double *depth = nullptr, *rise = nullptr;
    RowClaims* claims = nullptr;
    size_t* others = nullptr;  ///< room for as many as there are ellipses

    /// Whether there may be pixels that two active ones both reach.
    bool may_meet(size_t a, size_t b) const {
      const RowEllipse &e = ellipses[active[a].ellipse], &f = ellipses[active[b].ellipse];
      return e.left <= f.right && f.left <= e.right;
    }

    /// These rows, a bit each, are nobody's.
    void leave_out(uint64_t nobodys) const;
  };

 private:
  struct Runs {
    size_t from, to;
  };

  void index_rows();
  Runs runs_of(const RowEllipse& ellipse) const;
  void find_rivals(const PixelRun& run, const Batch& batch);
  void share_plainly(const PixelRun& run, const Batch& batch);

  int step_ = 1;
  int32_t origin_x_ = 0, origin_y_ = 0;
  std::span<const PixelRun> runs_;
  std::vector<Batch> batches_;
  std::vector<RowClaims> claims_;
  std::vector<Active> active_;
  std::vector<Rival> rivals_;
  std::vector<size_t> others_;
  int32_t row_count_ = 0;
  std::vector<uint32_t> first_runs_;  ///< of each row from the first on, and behind the last
  std::vector<Runs> reached_;         ///< by each ellipse
  std::vector<double> rows_, numbers_;
};

}  // namespace flashcell::tracking
