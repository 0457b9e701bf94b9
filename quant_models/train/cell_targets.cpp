#include "quant_models/train/cell_targets.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/models/cell_detector.hpp"

namespace flashcell::quant {
namespace {

struct CellRange {
  int first, last;
};

// Cells whose middle is within `reach` of `centre` (both in cells), and the one that holds the centre.
CellRange cells_around(float centre, float reach, int cells) {
  const int own = std::clamp(static_cast<int>(std::floor(centre)), 0, cells - 1);
  const int first = static_cast<int>(std::ceil(centre - reach - 0.5F));
  const int last = static_cast<int>(std::floor(centre + reach - 0.5F));
  return {std::clamp(std::min(first, own), 0, own), std::clamp(std::max(last, own), own, cells - 1)};
}

float gauss(float distance, float deviation) {
  return std::exp(-distance * distance / (2 * deviation * deviation));
}

}  // namespace

CellTargets make_cell_targets(const std::vector<MarkedObject>& objects, int cell_rows, int cell_columns,
                              std::span<const float> class_weights) {
  const size_t cells = static_cast<size_t>(cell_rows) * static_cast<size_t>(cell_columns);
  CellTargets targets{std::vector<float>(cells), std::vector<float>(cells), std::vector<float>(4 * cells),
                      std::vector<int64_t>(cells), 0};
  std::vector<MarkedObject> ordered = objects;
  std::stable_sort(ordered.begin(), ordered.end(), [](const MarkedObject& a, const MarkedObject& b) {
    return a.box.width() * a.box.height() > b.box.width() * b.box.height();
  });
  const auto cell = [&](int row, int column) {
    return static_cast<size_t>(row) * static_cast<size_t>(cell_columns) + static_cast<size_t>(column);
  };
  for (const MarkedObject& object : ordered) {
    const Box& box = object.box;
    const float x = (box.left + box.right) / 2 / kCellSize, y = (box.top + box.bottom) / 2 / kCellSize;
    const float width = box.width() / kCellSize, height = box.height() / kCellSize;
    const float spread_x = std::max(width / 12, 0.3F), spread_y = std::max(height / 12, 0.3F);
    const CellRange hot_columns = cells_around(x, 3 * spread_x, cell_columns);
    const CellRange hot_rows = cells_around(y, 3 * spread_y, cell_rows);
    for (int r = hot_rows.first; r <= hot_rows.last; ++r)
      for (int c = hot_columns.first; c <= hot_columns.last; ++c) {
        float& heat = targets.heat[cell(r, c)];
        const auto dx = static_cast<float>(c) + 0.5F - x, dy = static_cast<float>(r) + 0.5F - y;
        heat = std::max(heat, gauss(dx, spread_x) * gauss(dy, spread_y) * 0.95F);
      }
    const CellRange columns = cells_around(x, width / 10, cell_columns), rows = cells_around(y, height / 10, cell_rows);
    const int taken = (columns.last - columns.first + 1) * (rows.last - rows.first + 1);
    const float weight = class_weights[static_cast<size_t>(object.object_class)];
    for (int r = rows.first; r <= rows.last; ++r)
      for (int c = columns.first; c <= columns.last; ++c) {
        const size_t at = cell(r, c);
        targets.weight[at] = weight / static_cast<float>(taken);
        targets.classes[at] = object.object_class;
        const float sides[] = {box.left, box.top, box.right, box.bottom};
        std::copy(std::begin(sides), std::end(sides), targets.boxes.begin() + static_cast<ptrdiff_t>(4 * at));
      }
    const int own_row = std::clamp(static_cast<int>(y), 0, cell_rows - 1);
    const int own_column = std::clamp(static_cast<int>(x), 0, cell_columns - 1);
    targets.heat[cell(own_row, own_column)] = 1;
    targets.objects += 1;
  }
  return targets;
}

}  // namespace flashcell::quant
