#include "host/label/exact_labeller.hpp"
#include "host/label/label_checks.hpp"
#include "host/label/labeller.hpp"

namespace flashcell::host {

std::unique_ptr<Labeller> make_fast_labeller(const contract::LabelParameters& parameters) {
  check_parameters(parameters);
  return std::make_unique<ExactLabeller>(parameters);
}

}  // namespace flashcell::host
