#include "tracking/spatial_grid.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {

void SpatialGrid::build(std::span<const Box> boxes) {
  indices_.clear();
  if (boxes.empty()) return;
  double right = boxes[0].left, bottom = boxes[0].top, sides = 0;
  left_ = right;
  top_ = bottom;
  for (const Box& box : boxes) {
    left_ = std::min(left_, box.left);
    top_ = std::min(top_, box.top);
    right = std::max(right, box.left + box.width);
    bottom = std::max(bottom, box.top + box.height);
    sides += std::max(box.width, box.height);
  }
  // About one box a cell, but no smaller cells than boxes: the lists stay short and few.
  const double count = static_cast<double>(boxes.size());
  const double width = right - left_, height = bottom - top_;
  const double side =
      std::max({std::sqrt(width * height / count), sides / count, (width + height) / (4 * count), 1e-9});
  cells_per_px_ = 1 / side;
  cols_ = static_cast<int>(width * cells_per_px_) + 1;
  rows_ = static_cast<int>(height * cells_per_px_) + 1;
  last_col_ = cols_ - 1;
  last_row_ = rows_ - 1;

  // Counting sort: sizes, then starts, then the lists in order of index.
  starts_.assign(static_cast<size_t>(cols_) * rows_ + 1, 0);
  ranges_.resize(boxes.size());
  const bool points = sides == 0;
  for (size_t i = 0; i < boxes.size(); ++i) {
    ranges_[i] = cells_of(boxes[i]);
    for_cells(ranges_[i], points, [this](size_t cell, int32_t lists) { starts_[cell] += lists; });
  }
  int32_t total = 0;
  for (int32_t& start : starts_) {
    total += start;
    start = total;  // the end of the cell's list; filling from the back turns it into the start
  }
  indices_.resize(total + 1);
  for (size_t i = boxes.size(); i-- > 0;) {
    for_cells(ranges_[i], points, [this, i, total](size_t cell, int32_t lists) {
      starts_[cell] -= lists;
      indices_[lists != 0 ? starts_[cell] : total] = static_cast<int32_t>(i);
    });
  }
}

/// Calls take(cell, 1) for each cell, or take(cell, 0) for one that is none of them.
template <class Take>
void SpatialGrid::for_cells(const Range& range, bool point, const Take& take) const {
  const size_t first = static_cast<size_t>(range.first_row) * cols_ + range.first_col;
  const int right = range.last_col - range.first_col, down = range.last_row - range.first_row;
  if (point) {
    take(first, 1);
  } else if (right <= 1 && down <= 1) {
    // No branch could tell beforehand how many they are.
    const size_t below = first + static_cast<size_t>(down) * cols_;
    take(first, 1);
    take(first + right, right);
    take(below, down);
    take(below + right, right & down);
  } else {
    for (int row = 0; row <= down; ++row) {
      for (int col = 0; col <= right; ++col) take(first + static_cast<size_t>(row) * cols_ + col, 1);
    }
  }
}

}  // namespace flashcell::tracking
