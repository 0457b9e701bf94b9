#pragma once
#include <vector>

#include "host/label/cell_list.hpp"
#include "host/label/finish.hpp"
#include "host/label/labeller.hpp"
#include "host/label/pixel_features.hpp"

namespace flashcell::host {

/// Connectivity `cell`: the runs of occupied cells are labelled like pixels, the features are sums over cells.
class CellLabeller final : public Labeller {
 public:
  explicit CellLabeller(const contract::LabelParameters& parameters);
  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override;
  void label_cells(std::span<const uint64_t> cells, BitImage& mask, uint32_t colour_class, ObjectTable& table) override;

 private:
  /// Of the grid's cells: everything that needs no pixels.
  void measure(uint32_t colour_class, ObjectTable& table);

  contract::LabelParameters parameters_;
  CellGrid grid_;
  BitImage occupied_;
  RunTable runs_;  // of occupied_
  CellList cells_;
  Finisher finisher_;
  PixelFeatures pixel_features_;
  std::vector<uint32_t> record_of_cell_;  // row*columns + column; only those of occupied cells are kept up to date
};

}  // namespace flashcell::host
