#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "quant_models/search/decision.hpp"

namespace flashcell::quant {

struct FrontOptions {
  size_t most_points = size_t{1} << 20;  ///< that are kept behind a decision
};

/// Where a point comes from: a point behind the decision before, and an option of this decision.
struct PointOrigin {
  uint32_t before = 0, option = 0;
};

/// Ways to decide, each a point with its costs.
class ParetoFront {
 public:
  /// `trail`: for each decision the origins of the points behind it; the last one's are those of `costs`.
  ParetoFront(std::vector<SearchCosts> costs, std::vector<std::vector<PointOrigin>> trail)
      : costs_(std::move(costs)), trail_(std::move(trail)) {}

  size_t size() const { return costs_.size(); }
  const SearchCosts& costs(size_t point) const { return costs_.at(point); }
  /// The option that the point takes of each decision, in their order.
  std::vector<size_t> options(size_t point) const;

  /// False where there were more points than the limit. Then for every point of the whole front there is one here with
  /// no larger a perturbation, and at most `slack` more on the other axes.
  bool exact() const { return exact_; }
  const SearchCosts& slack() const { return slack_; }

 private:
  friend class FrontBuilder;

  std::vector<SearchCosts> costs_;
  std::vector<std::vector<PointOrigin>> trail_;
  bool exact_ = true;
  SearchCosts slack_;
};

/// All ways to decide that no other way beats: none is as good on every axis and better on one. Of ways with equal
/// costs one is kept. Points by rising (weight_bits, bit_operations, time, perturbation).
/// Exact: decision by decision the points of the front so far are joined with
/// every option and the dominated ones dropped. Costs add up, so a way that starts with a dominated part is itself
/// dominated, or equal: nothing is lost. Floating-point sums are taken in the decisions' order, and a rounded sum never
/// falls when a term rises, so this holds for the sums as they are computed.
/// Each step merges the options' sorted lists: O(n k log(n k)) time for n points and k options (log^2 with times). n is
/// bounded by the number of different (weight_bits, bit_operations) pairs, as equal ones keep the least perturbation:
/// networks whose layers have sizes with large common divisors have few.
/// Memory: 32 bytes for each point of one step, twice, and 8 for each point of every step. Beyond `most_points` behind
/// a decision the points are put into cells of equal width along weight_bits, bit_operations and time, and of each
/// cell the one with the least perturbation stays; the width of every such step adds to slack().
/// Throws std::invalid_argument for a decision without options, or with costs below 0 or not finite.
ParetoFront find_front(std::span<const Decision> decisions, const FrontOptions& options = {});

}  // namespace flashcell::quant
