#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "quant_models/search/decision.hpp"

// Which points of a stream are dominated by earlier ones.
namespace flashcell::quant {

/// Points (key, value) of which none is at least as large in both as another.
class Staircase {
 public:
  /// Whether a point with key and value no larger is there.
  bool covers(int64_t key, double value) const;
  /// The point must not be covered; those that it covers go.
  void insert(int64_t key, double value);

 private:
  std::map<int64_t, double> steps_;  // values fall as keys rise
};

/// Hears points by rising (weight_bits, bit_operations, time, perturbation) and tells which are new: no earlier one is
/// as good on every axis. Where every time is 0, O(log n) a point by a staircase of bit operations; else
/// O(log^2 n) by a Fenwick tree over bit operations of staircases of time.
class DominanceFilter {
 public:
  /// `bit_operations`: all that will come, rising, where times differ; empty otherwise.
  explicit DominanceFilter(std::vector<int64_t> bit_operations);

  bool is_new(const SearchCosts& costs);

 private:
  bool is_new_in_tree(const SearchCosts& costs);

  std::vector<int64_t> ranks_;
  std::vector<Staircase> tree_;
  Staircase flat_;
};

}  // namespace flashcell::quant
