#include "host/label/cell_labeller.hpp"
#include "host/label/exact_labeller.hpp"
#include "host/label/label_checks.hpp"

namespace flashcell::host {

std::unique_ptr<Labeller> make_fast_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  if (parameters.connectivity == contract::Connectivity::cell) return std::make_unique<CellLabeller>(parameters);
  return std::make_unique<ExactLabeller>(parameters);
}

}  // namespace flashcell::host
