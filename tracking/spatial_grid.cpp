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
  const auto for_cells = [&](const Range& range, const auto& take) {
    for (int row = range.first_row; row <= range.last_row; ++row) {
      for (int col = range.first_col; col <= range.last_col; ++col) take(static_cast<size_t>(row) * cols_ + col);
    }
  };
  ranges_.clear();
  for (const Box& box : boxes) {
    ranges_.push_back(cells_of(box));
    for_cells(ranges_.back(), [&](size_t cell) { ++starts_[cell]; });
  }
  int32_t total = 0;
  for (int32_t& start : starts_) {
    total += start;
    start = total;  // the end of the cell's list; filling from the back turns it into the start
  }
  indices_.resize(total);
  for (size_t i = boxes.size(); i-- > 0;) {
    for_cells(ranges_[i], [&](size_t cell) { indices_[--starts_[cell]] = static_cast<int32_t>(i); });
  }
}

}  // namespace flashcell::tracking
