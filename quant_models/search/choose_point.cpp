#include "quant_models/search/choose_point.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace flashcell::quant {
namespace {

bool keeps(const SearchCosts& costs, const std::vector<SearchLimit>& limits) {
  return std::all_of(limits.begin(), limits.end(),
                     [&](const SearchLimit& limit) { return along(costs, limit.axis) <= limit.most; });
}

/// Least and most along one axis.
struct Range {
  double low = 0, high = 0;

  double scaled(double x) const { return high > low ? (x - low) / (high - low) : 0; }
};

Range range_along(const ParetoFront& front, SearchAxis axis) {
  Range range{along(front.costs(0), axis), along(front.costs(0), axis)};
  for (size_t i = 1; i < front.size(); ++i) {
    range.low = std::min(range.low, along(front.costs(i), axis));
    range.high = std::max(range.high, along(front.costs(i), axis));
  }
  return range;
}

// Only the perturbation and one axis are left.
Decision on_two_axes(Decision decision, SearchAxis axis) {
  for (DecisionOption& option : decision.options) {
    const SearchCosts whole = option.costs;
    option.costs = {.perturbation = whole.perturbation};
    if (axis == SearchAxis::weight_bits) option.costs.weight_bits = whole.weight_bits;
    if (axis == SearchAxis::bit_operations) option.costs.bit_operations = whole.bit_operations;
    if (axis == SearchAxis::time) option.costs.time = whole.time;
  }
  return decision;
}

}  // namespace

size_t nearest_to_utopia(const ParetoFront& front, double most) {
  if (front.size() == 0) throw std::invalid_argument("nearest_to_utopia: no points");
  std::array<Range, kSearchAxes.size()> ranges;
  for (size_t a = 0; a < kSearchAxes.size(); ++a) ranges[a] = range_along(front, kSearchAxes[a]);
  most = std::max(most, ranges[static_cast<size_t>(SearchAxis::perturbation)].low);
  std::optional<size_t> best;
  double least = 0;
  for (size_t i = 0; i < front.size(); ++i) {
    if (front.costs(i).perturbation > most) continue;
    double distance = 0;
    for (size_t a = 0; a < kSearchAxes.size(); ++a) {
      const double x = ranges[a].scaled(along(front.costs(i), kSearchAxes[a]));
      distance += x * x;
    }
    if (best && distance >= least) continue;
    best = i;
    least = distance;
  }
  return *best;
}

size_t quiet_point(const ParetoFront& front, const PointNoise& noise, double most) {
  constexpr int kBisections = 6;
  const size_t wanted = nearest_to_utopia(front);
  if (noise(wanted) <= most) return wanted;
  double low = range_along(front, SearchAxis::perturbation).low, high = front.costs(wanted).perturbation;
  size_t quiet = nearest_to_utopia(front, low);
  if (noise(quiet) > most) return quiet;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = low > 0 ? std::sqrt(low * high) : high / 16;  // perturbations of bits differ by powers
    const size_t point = nearest_to_utopia(front, middle);
    if (noise(point) <= most) {
      low = middle;
      quiet = point;
    } else {
      high = middle;
    }
  }
  return quiet;
}

std::optional<size_t> least_perturbation(const ParetoFront& front, const std::vector<SearchLimit>& limits) {
  std::optional<size_t> best;
  for (size_t i = 0; i < front.size(); ++i) {
    if (!keeps(front.costs(i), limits)) continue;
    if (!best || front.costs(i).perturbation < front.costs(*best).perturbation) best = i;
  }
  return best;
}

std::optional<std::vector<size_t>> minimize_perturbation(std::span<const Decision> decisions,
                                                         const SearchLimit& limit) {
  std::vector<Decision> reduced;
  for (const Decision& decision : decisions) reduced.push_back(on_two_axes(decision, limit.axis));
  const ParetoFront front = find_front(reduced);
  const std::optional<size_t> best = least_perturbation(front, {limit});
  return best ? std::optional(front.options(*best)) : std::nullopt;
}

SearchCosts costs_of(std::span<const Decision> decisions, std::span<const size_t> options) {
  if (options.size() != decisions.size()) throw std::invalid_argument("costs_of: one option for each decision");
  SearchCosts sum;
  for (size_t i = 0; i < options.size(); ++i) sum = sum + decisions[i].options.at(options[i]).costs;
  return sum;
}

}  // namespace flashcell::quant
