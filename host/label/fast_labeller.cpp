#include "host/label/cell_labeller.hpp"
#include "host/label/exact_labeller.hpp"
#include "host/label/label_checks.hpp"
#include "host/label/unpack_cells.hpp"

namespace flashcell::host {

void Labeller::label_cells(std::span<const uint64_t> cells, BitImage& mask, uint32_t colour_class, ObjectTable& table) {
  unpack_cells(cells, mask);
  label(mask, {}, colour_class, table);
}

std::unique_ptr<Labeller> make_fast_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  if (parameters.connectivity == contract::Connectivity::cell) return std::make_unique<CellLabeller>(parameters);
  return std::make_unique<ExactLabeller>(parameters);
}

}  // namespace flashcell::host
