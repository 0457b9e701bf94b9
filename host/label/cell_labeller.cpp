#include "host/label/cell_labeller.hpp"

#include "host/label/hlac.hpp"
#include "host/label/label_checks.hpp"

namespace flashcell::host {
namespace {
// A strip is two rows of cells: 16 px.
constexpr int kStripShiftOfCells = 4;
}  // namespace

CellLabeller::CellLabeller(const contract::LabelParameters& parameters)
    : parameters_(parameters),
      grid_(static_cast<int>(parameters.width), static_cast<int>(parameters.height)),
      occupied_(grid_.columns(), grid_.rows()),
      runs_(grid_.columns(), grid_.rows(), 2),
      cells_(static_cast<size_t>(grid_.columns()) * grid_.rows()),
      finisher_(parameters, runs_.max_runs(), parameters.width),
      pixel_features_(parameters),
      record_of_cell_(static_cast<size_t>(grid_.columns()) * grid_.rows()) {}

void CellLabeller::label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) {
  check_input(parameters_, mask, pixels, colour_class);
  table.summary.foreground += grid_.load(mask, parameters_.min_cell_pixels, occupied_);
  measure(colour_class, table);
  if (parameters_.features == 0) return;
  if (pixel_features_.hue) {
    add_hues_of_cells(pixel_features_.tables, pixels, cells_, finisher_.record_of(), table.features.data());
  }
  if (pixel_features_.intensity) {
    add_intensity_of_cells(mask, pixels, occupied_, record_of_cell_.data(), table);
  }
}

void CellLabeller::label_cells(std::span<const uint64_t> cells, BitImage& mask, uint32_t colour_class,
                               ObjectTable& table) {
  check_input(parameters_, mask, {}, colour_class);
  table.summary.foreground += grid_.load(cells, parameters_.min_cell_pixels, occupied_);
  measure(colour_class, table);
}

void CellLabeller::measure(uint32_t colour_class, ObjectTable& table) {
  runs_.find(occupied_);
  cells_.fill(grid_, occupied_, runs_);
  measure_cells(cells_, static_cast<int>(parameters_.width), finisher_.begin(runs_.objects(), table));
  finisher_.append(kStripShiftOfCells, colour_class, table);
  if (parameters_.features == 0) return;
  for (uint32_t i = 0; i < cells_.count; ++i) {
    const size_t cell = static_cast<size_t>(cells_.rows[i]) * grid_.columns() + cells_.columns[i];
    record_of_cell_[cell] = finisher_.record_of()[cells_.objects[i]];
  }
  if ((parameters_.features & contract::kFeatureHlac) != 0) {
    add_hlac_of_cells(grid_, occupied_, record_of_cell_.data(), table.features.data());
  }
}

}  // namespace flashcell::host
