#include "quant_models/search/decision.hpp"

#include <stdexcept>

namespace flashcell::quant {

SearchCosts operator+(const SearchCosts& a, const SearchCosts& b) {
  return {a.perturbation + b.perturbation, a.weight_bits + b.weight_bits, a.bit_operations + b.bit_operations,
          a.time + b.time};
}

double along(const SearchCosts& costs, SearchAxis axis) {
  switch (axis) {
    case SearchAxis::perturbation:
      return costs.perturbation;
    case SearchAxis::weight_bits:
      return static_cast<double>(costs.weight_bits);
    case SearchAxis::bit_operations:
      return static_cast<double>(costs.bit_operations);
    case SearchAxis::time:
      return static_cast<double>(costs.time);
  }
  throw std::invalid_argument("search: no such axis");
}

}  // namespace flashcell::quant
