#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

// A search space: independent decisions, each with a few options, whose costs add up.
namespace flashcell::quant {

/// What a network is judged by; less is better everywhere.
struct SearchCosts {
  double perturbation = 0;     ///< how far it is believed to be from the real one; no unit
  int64_t weight_bits = 0;     ///< memory of its weights
  int64_t bit_operations = 0;  ///< sum of multiply-accumulates x bits of the weight x bits of the value
  int64_t time = 0;            ///< nanoseconds or clocks, as the caller counts; 0 everywhere: not looked at
  bool operator==(const SearchCosts&) const = default;
};

SearchCosts operator+(const SearchCosts& a, const SearchCosts& b);

/// One way to decide: bits of the decision's members, in their order.
struct DecisionOption {
  SearchCosts costs;
  std::vector<int> bits;
};

/// Things that are decided together.
struct Decision {
  std::vector<std::string> members;  ///< names, for people and reports
  std::vector<DecisionOption> options;
};

/// The axes of SearchCosts.
enum class SearchAxis { perturbation, weight_bits, bit_operations, time };
inline constexpr std::array kSearchAxes = {SearchAxis::perturbation, SearchAxis::weight_bits,
                                           SearchAxis::bit_operations, SearchAxis::time};

double along(const SearchCosts& costs, SearchAxis axis);

}  // namespace flashcell::quant
