#include "quant_models/cim/cells/polynomial_cell.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {

double PolynomialCell::sigma(double target, double seconds) const {
  const double x = target / unit_;
  const auto of = [&](const SigmaPolynomial& law) {
    double sum = 0;
    for (size_t k = law.coefficients.size(); k-- > 0;) sum = sum * x + law.coefficients[k];
    return std::max(sum, 0.0);
  };
  size_t after = 0;
  while (after < laws_.size() && laws_[after].seconds <= seconds) ++after;
  if (after == 0) return of(laws_.front());
  if (after == laws_.size()) return of(laws_.back());
  const double first = std::log(std::max(laws_[after - 1].seconds, 1e-9)), last = std::log(laws_[after].seconds);
  const double part = (std::log(seconds) - first) / (last - first);
  return (1 - part) * of(laws_[after - 1]) + part * of(laws_[after]);
}

CellState PolynomialCell::state(double target, double seconds, Random& random) const {
  return {std::max(0.0, target + sigma(target, seconds) * random.normal()), 0};
}

}  // namespace flashcell::quant::cim
