#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// Boxes by place: a grid of square cells over all of them, each listing the boxes that reach into it. Rebuilt every
/// frame; allocates nothing once it has been as large.
class SpatialGrid {
 public:
  /// Lists box i in every cell it touches. Points are boxes without extent. Finite values.
  void build(std::span<const Box> boxes);

  /// Calls visit(index) for the boxes listed in the cells that `area` touches, a box once for each of these cells that
  /// lists it: points once at all, boxes once where `area` is a point. In a fixed order.
  template <class Visit>
  void visit(const Box& area, const Visit& visit) const {
    if (indices_.empty()) return;
    const Range range = cells_of(area);
    for (int row = range.first_row; row <= range.last_row; ++row) {
      const size_t first = static_cast<size_t>(row) * cols_;
      const int32_t end = starts_[first + range.last_col + 1];
      for (int32_t i = starts_[first + range.first_col]; i < end; ++i) visit(indices_[i]);
    }
  }

 private:
  struct Range {
    int first_col, last_col, first_row, last_row;
  };

  // Not std::clamp, which compilers make branches of.
  int clamp_cell(double offset, double last) const {
    return static_cast<int>(std::min(std::max(0.0, offset * cells_per_px_), last));
  }
  Range cells_of(const Box& box) const {
    return {clamp_cell(box.left - left_, last_col_), clamp_cell(box.left + box.width - left_, last_col_),
            clamp_cell(box.top - top_, last_row_), clamp_cell(box.top + box.height - top_, last_row_)};
  }

  template <class Take>
  void for_cells(const Range& range, bool point, const Take& take) const;

  double left_ = 0, top_ = 0, cells_per_px_ = 1, last_col_ = 0, last_row_ = 0;
  int cols_ = 1, rows_ = 1;
  std::vector<Range> ranges_;  ///< of the boxes
  /// Cell c lists indices_[starts_[c] .. starts_[c + 1]); the last index is none.
  std::vector<int32_t> starts_, indices_;
};

}  // namespace flashcell::tracking
