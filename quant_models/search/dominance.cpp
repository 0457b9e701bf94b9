#include "quant_models/search/dominance.hpp"

#include <algorithm>

namespace flashcell::quant {

bool Staircase::covers(int64_t key, double value) const {
  const auto above = steps_.upper_bound(key);
  return above != steps_.begin() && std::prev(above)->second <= value;
}

void Staircase::insert(int64_t key, double value) {
  auto next = steps_.insert_or_assign(key, value).first;
  for (++next; next != steps_.end() && next->second >= value;) next = steps_.erase(next);
}

DominanceFilter::DominanceFilter(std::vector<int64_t> bit_operations)
    : ranks_(std::move(bit_operations)), tree_(ranks_.size() + 1) {}

bool DominanceFilter::is_new(const SearchCosts& costs) {
  if (!ranks_.empty()) return is_new_in_tree(costs);
  if (flat_.covers(costs.bit_operations, costs.perturbation)) return false;
  flat_.insert(costs.bit_operations, costs.perturbation);
  return true;
}

bool DominanceFilter::is_new_in_tree(const SearchCosts& costs) {
  const auto rank =
      static_cast<size_t>(std::lower_bound(ranks_.begin(), ranks_.end(), costs.bit_operations) - ranks_.begin() + 1);
  for (size_t i = rank; i > 0; i &= i - 1)
    if (tree_[i].covers(costs.time, costs.perturbation)) return false;
  for (size_t i = rank; i < tree_.size(); i += i & (~i + 1))
    if (!tree_[i].covers(costs.time, costs.perturbation)) tree_[i].insert(costs.time, costs.perturbation);
  return true;
}

}  // namespace flashcell::quant
