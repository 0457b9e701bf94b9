#include "quant_models/search/pareto_front.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "quant_models/search/dominance.hpp"

namespace flashcell::quant {
namespace {

constexpr SearchAxis kGridAxes[] = {SearchAxis::weight_bits, SearchAxis::bit_operations, SearchAxis::time};

int64_t& on_axis(SearchCosts& costs, SearchAxis axis) {
  return axis == SearchAxis::weight_bits      ? costs.weight_bits
         : axis == SearchAxis::bit_operations ? costs.bit_operations
                                              : costs.time;
}

/// A point of the front so far joined with one option.
struct Joined {
  SearchCosts costs;
  uint32_t before = 0, option = 0;

  auto key() const {
    return std::tie(costs.weight_bits, costs.bit_operations, costs.time, costs.perturbation, option, before);
  }
  bool operator>(const Joined& other) const { return key() > other.key(); }
};

void check(const Decision& decision) {
  if (decision.options.empty()) throw std::invalid_argument("find_front: a decision without options");
  for (const DecisionOption& o : decision.options)
    for (const SearchAxis axis : kSearchAxes)
      if (!(along(o.costs, axis) >= 0) || !std::isfinite(along(o.costs, axis)))
        throw std::invalid_argument("find_front: costs below 0 or not finite");
}

// Calls visit(joined) in order of their keys; each option's list is in that order already.
template <class Visit>
void merge(const std::vector<SearchCosts>& front, const Decision& decision, Visit visit) {
  std::priority_queue<Joined, std::vector<Joined>, std::greater<>> heads;
  const auto push = [&](uint32_t before, uint32_t option) {
    if (before < front.size()) heads.push({front[before] + decision.options[option].costs, before, option});
  };
  for (uint32_t option = 0; option < decision.options.size(); ++option) push(0, option);
  while (!heads.empty()) {
    const Joined next = heads.top();
    heads.pop();
    visit(next);
    push(next.before + 1, next.option);
  }
}

std::vector<int64_t> different_bit_operations(const std::vector<SearchCosts>& front, const Decision& decision) {
  std::vector<int64_t> all;
  for (const SearchCosts& f : front)
    for (const DecisionOption& o : decision.options) all.push_back(f.bit_operations + o.costs.bit_operations);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

class FrontBuilder {
 public:
  explicit FrontBuilder(const FrontOptions& options) : most_(options.most_points) {
    if (most_ < 1 || most_ > std::numeric_limits<uint32_t>::max())
      throw std::invalid_argument("find_front: a limit of no points, or of 2^32 and more");
  }

  void decide(const Decision& decision) {
    const bool timed =
        front_.costs_.back().time > 0 || std::any_of(decision.options.begin(), decision.options.end(),
                                                     [](const DecisionOption& o) { return o.costs.time > 0; });
    DominanceFilter filter(timed ? different_bit_operations(front_.costs_, decision) : std::vector<int64_t>{});
    std::vector<SearchCosts> costs;
    std::vector<PointOrigin> origins;
    merge(front_.costs_, decision, [&](const Joined& joined) {
      if (!filter.is_new(joined.costs)) return;
      costs.push_back(joined.costs);
      origins.push_back({joined.before, joined.option});
    });
    front_.costs_ = std::move(costs);
    front_.trail_.push_back(std::move(origins));
    if (front_.size() > most_) thin();
  }

  ParetoFront take() { return std::move(front_); }

 private:
  // A grid with no more cells than points are allowed; of each cell the point with the least perturbation.
  void thin() {
    SearchCosts low = front_.costs_[0], high = low;
    for (const SearchCosts& c : front_.costs_)
      for (const SearchAxis axis : kGridAxes) {
        SearchCosts each = c;
        on_axis(low, axis) = std::min(on_axis(low, axis), on_axis(each, axis));
        on_axis(high, axis) = std::max(on_axis(high, axis), on_axis(each, axis));
      }
    int spread = 0;
    for (const SearchAxis axis : kGridAxes) spread += on_axis(high, axis) > on_axis(low, axis);
    const auto cells = static_cast<int64_t>(std::pow(static_cast<double>(most_), 1.0 / std::max(1, spread)));
    SearchCosts width;
    for (const SearchAxis axis : kGridAxes) {
      on_axis(width, axis) = (on_axis(high, axis) - on_axis(low, axis)) / std::max<int64_t>(1, cells) + 1;
      on_axis(front_.slack_, axis) += on_axis(width, axis) - 1;
    }
    front_.exact_ = false;
    keep(best_of_cells(low, width));
  }

  // Places in the front, rising.
  std::vector<size_t> best_of_cells(const SearchCosts& low, const SearchCosts& width) const {
    using Cell = std::array<int64_t, 3>;
    std::map<Cell, size_t> best;
    for (size_t i = 0; i < front_.size(); ++i) {
      const SearchCosts& c = front_.costs_[i];
      const Cell cell = {(c.weight_bits - low.weight_bits) / width.weight_bits,
                         (c.bit_operations - low.bit_operations) / width.bit_operations,
                         (c.time - low.time) / width.time};
      const auto [place, added] = best.try_emplace(cell, i);
      if (!added && c.perturbation < front_.costs_[place->second].perturbation) place->second = i;
    }
    std::vector<size_t> places;
    for (const auto& [cell, place] : best) places.push_back(place);
    std::sort(places.begin(), places.end());
    return places;
  }

  void keep(const std::vector<size_t>& places) {
    std::vector<PointOrigin>& origins = front_.trail_.back();
    for (size_t i = 0; i < places.size(); ++i) {
      front_.costs_[i] = front_.costs_[places[i]];
      origins[i] = origins[places[i]];
    }
    front_.costs_.resize(places.size());
    origins.resize(places.size());
  }

  size_t most_;
  ParetoFront front_{{SearchCosts{}}, {}};
};

std::vector<size_t> ParetoFront::options(size_t point) const {
  std::vector<size_t> chosen(trail_.size());
  for (size_t step = trail_.size(); step-- > 0;) {
    const PointOrigin& origin = trail_[step].at(point);
    chosen[step] = origin.option;
    point = origin.before;
  }
  return chosen;
}

ParetoFront find_front(std::span<const Decision> decisions, const FrontOptions& options) {
  for (const Decision& decision : decisions) check(decision);
  FrontBuilder builder(options);
  for (const Decision& decision : decisions) builder.decide(decision);
  return builder.take();
}

}  // namespace flashcell::quant
