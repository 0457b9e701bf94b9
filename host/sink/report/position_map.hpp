#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell::host {

/// How often objects were in each part of the picture: counts of places in square cells, kMostCells along the longer
/// side.
class PositionMap {
 public:
  static constexpr int kMostCells = 128;

  PositionMap() = default;
  /// Of a picture of this size, px.
  PositionMap(int width, int height)
      : side_(std::max(1, (std::max(width, height) + kMostCells - 1) / kMostCells)),
        columns_(std::max(1, (width + side_ - 1) / side_)),
        rows_(std::max(1, (height + side_ - 1) / side_)),
        counts_(static_cast<size_t>(columns_) * static_cast<size_t>(rows_)) {}

  /// A centroid, px; pixel centres are whole numbers. One outside the picture counts at its edge.
  void add(double x, double y) {
    if (counts_.empty() || !std::isfinite(x) || !std::isfinite(y)) return;
    ++counts_[static_cast<size_t>(cell(y, rows_)) * static_cast<size_t>(columns_) +
              static_cast<size_t>(cell(x, columns_))];
  }

  int side() const { return side_; }  ///< px
  int columns() const { return columns_; }
  int rows() const { return rows_; }
  uint64_t at(int column, int row) const {
    return counts_[static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column)];
  }
  uint64_t most() const { return counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end()); }

 private:
  int cell(double place, int cells) const {
    return static_cast<int>(std::clamp(std::floor((place + 0.5) / side_), 0.0, static_cast<double>(cells - 1)));
  }

  int side_ = 1, columns_ = 0, rows_ = 0;
  std::vector<uint64_t> counts_;
};

}  // namespace flashcell::host
