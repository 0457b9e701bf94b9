#include "host/label/pixel_labels.hpp"

#include <algorithm>

#include "host/label/label_checks.hpp"
#include "kernels_hls/contract/hlac.hpp"

namespace flashcell::host {
namespace {

constexpr uint32_t kUnlabelled = 0xFFFFFFFF;

// Gives everything that is kUnlabelled and reachable from `start` the label. grid is width x height.
void flood(std::vector<uint32_t>& grid, int width, int height, int start, bool diagonals, uint32_t label,
           std::vector<uint32_t>& stack) {
  grid[start] = label;
  stack.assign(1, static_cast<uint32_t>(start));
  while (!stack.empty()) {
    const int x = static_cast<int>(stack.back()) % width, y = static_cast<int>(stack.back()) / width;
    stack.pop_back();
    for (int k = 0; k < 8; ++k) {
      const int dx = contract::kNeighbourDx[k], dy = contract::kNeighbourDy[k];
      if (!diagonals && dx != 0 && dy != 0) continue;
      if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
      uint32_t& neighbour = grid[static_cast<size_t>(y + dy) * width + (x + dx)];
      if (neighbour != kUnlabelled) continue;
      neighbour = label;
      stack.push_back(static_cast<uint32_t>((y + dy) * width + (x + dx)));
    }
  }
}

}  // namespace

PixelLabels::PixelLabels(const contract::LabelParameters& parameters) : parameters_(parameters) {
  check_parameters(parameters);
  labels_.resize(static_cast<size_t>(parameters.width) * parameters.height);
}

const std::vector<uint32_t>& PixelLabels::render(const BitImage& mask) {
  check_input({.width = parameters_.width, .height = parameters_.height}, mask, {}, 0);
  count_ = 0;
  if (parameters_.connectivity == contract::Connectivity::cell) {
    label_cells(mask);
  } else {
    label_pixels(mask);
  }
  return labels_;
}

void PixelLabels::label_pixels(const BitImage& mask) {
  const bool diagonals = parameters_.connectivity == contract::Connectivity::exact8;
  const int width = mask.width(), height = mask.height();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) labels_[static_cast<size_t>(y) * width + x] = mask.get(x, y) ? kUnlabelled : 0;
  }
  for (int i = 0; i < width * height; ++i) {
    if (labels_[i] == kUnlabelled) flood(labels_, width, height, i, diagonals, ++count_, stack_);
  }
}

void PixelLabels::label_cells(const BitImage& mask) {
  const int width = mask.width(), height = mask.height();
  const int columns = contract::cells_for(width), rows = contract::cells_for(height);
  const auto cell_of = [columns](int x, int y) {
    return static_cast<size_t>(y / contract::kCellSide) * columns + x / contract::kCellSide;
  };

  cell_labels_.assign(static_cast<size_t>(columns) * rows, 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) cell_labels_[cell_of(x, y)] += mask.get(x, y) ? 1 : 0;
  }
  for (uint32_t& cell : cell_labels_) cell = cell >= parameters_.min_cell_pixels ? kUnlabelled : 0;

  // Pixels, not cells, in raster order: that numbers the objects by their first pixels.
  std::fill(labels_.begin(), labels_.end(), 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (!mask.get(x, y)) continue;
      const size_t cell = cell_of(x, y);
      if (cell_labels_[cell] == kUnlabelled) {
        flood(cell_labels_, columns, rows, static_cast<int>(cell), true, ++count_, stack_);
      }
      labels_[static_cast<size_t>(y) * width + x] = cell_labels_[cell];
    }
  }
}

}  // namespace flashcell::host
