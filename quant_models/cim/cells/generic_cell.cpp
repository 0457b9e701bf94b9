#include "quant_models/cim/cells/generic_cell.hpp"

#include <algorithm>
#include <numbers>

namespace flashcell::quant::cim {

double GenericSpread::at(double conductance, double g_max) const {
  switch (dependence) {
    case Dependence::independent:
      return sigma * g_max;
    case Dependence::proportional:
      return sigma * conductance;
    case Dependence::inverse:
      return g_max * (conductance > 0 ? std::min(sigma * g_max / conductance, most) : most);
  }
  return 0;
}

CellState GenericCell::state(double target, double, Random& random) const {
  const double sigma = programming_sigma(target);
  const double noise = programming_.distribution == Distribution::normal
                           ? random.normal()
                           : random.uniform(-std::numbers::sqrt3, std::numbers::sqrt3);
  return {std::max(0.0, target + sigma * noise), 0};
}

}  // namespace flashcell::quant::cim
