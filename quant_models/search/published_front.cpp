#include "quant_models/search/published_front.hpp"

#include <algorithm>
#include <numeric>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

struct Points {
  std::vector<SearchCosts> costs;
  std::vector<PointOrigin> origins;
};

// Places of the points that stay in an order.
std::vector<size_t> kept(const std::vector<SearchCosts>& costs, const std::vector<size_t>& order) {
  std::vector<size_t> list;
  for (const size_t place : order) {
    const size_t back = list.size() / 20;
    const size_t compared = back == 0 ? 0 : list.size() - back;
    if (list.empty() || costs[place].perturbation <= costs[list[compared]].perturbation) list.push_back(place);
  }
  return list;
}

// Points that either order keeps.
Points thinned(const Points& all) {
  std::vector<size_t> order(all.costs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<bool> stays(order.size(), false);
  for (const SearchAxis axis : {SearchAxis::weight_bits, SearchAxis::bit_operations}) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return along(all.costs[a], axis) < along(all.costs[b], axis); });
    for (const size_t place : kept(all.costs, order)) stays[place] = true;
  }
  Points points;
  for (size_t i = 0; i < stays.size(); ++i) {
    if (!stays[i]) continue;
    points.costs.push_back(all.costs[i]);
    points.origins.push_back(all.origins[i]);
  }
  return points;
}

}  // namespace

ParetoFront published_front(std::span<const Decision> decisions, const FrontOptions& options) {
  Points front{{SearchCosts{}}, {}};
  std::vector<std::vector<PointOrigin>> trail;
  for (const Decision& decision : decisions) {
    Points all;
    for (uint32_t before = 0; before < front.costs.size(); ++before)
      for (uint32_t option = 0; option < decision.options.size(); ++option) {
        all.costs.push_back(front.costs[before] + decision.options[option].costs);
        all.origins.push_back({before, option});
      }
    front = thinned(all);
    if (front.costs.size() > options.most_points)
      throw ModelError("the published search keeps more than " + std::to_string(options.most_points) +
                       " points of this network; search for the exact front instead");
    trail.push_back(front.origins);
  }
  return {std::move(front.costs), std::move(trail)};
}

}  // namespace flashcell::quant
