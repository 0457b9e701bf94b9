#include "quant_models/cim/cells/nor_cell.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {

CellState NorCell::state(double target, double seconds, Random& random) const {
  const double write = random.normal(), leak = random.normal();
  const double meant = (1 - target / p_.g_max) * p_.volts_of_window;
  const double written = meant + p_.threshold_sigma * write;
  const double lost =
      std::max(0.0, p_.loss_per_decade * (1 + p_.loss_sigma * leak)) * std::log10(1 + seconds / p_.first_second);
  const double shift = written * std::max(0.0, 1 - lost);
  const double now = std::max(0.0, p_.g_max * (1 - shift / p_.volts_of_window));
  return {now, p_.read_sigma * now};
}

}  // namespace flashcell::quant::cim
