#include "quant_models/fusion/module_cost.hpp"

#include <algorithm>

#include "quant_models/graph/shared_weights.hpp"

namespace flashcell::quant {
namespace {

ModuleCost& find_or_add(std::vector<ModuleCost>& modules, const std::string& name) {
  const auto found =
      std::find_if(modules.begin(), modules.end(), [&](const ModuleCost& module) { return module.module == name; });
  if (found != modules.end()) return *found;
  modules.push_back({name});
  return modules.back();
}

}  // namespace

std::vector<ModuleCost> module_costs(const Graph& graph, int64_t most_rows) {
  std::vector<ModuleCost> modules;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const Tensor* weight = weight_of(node.layer);
    if (weight == nullptr) continue;
    const int64_t outputs = weight->shape[0], rows = element_count(weight->shape) / outputs;
    const int64_t columns = outputs * (most_rows > 0 ? (rows + most_rows - 1) / most_rows : 1);
    ModuleCost& module = find_or_add(modules, module_of(node.name));
    module.conversions += columns * (element_count(node.shape) / outputs);
    if (weight_owner(graph, id) != id) continue;
    module.weights += outputs * rows;
    module.columns += columns;
  }
  return modules;
}

ConverterTotals converter_totals(const std::vector<ModuleCost>& modules, int other,
                                 const std::map<std::string, int>& bits) {
  ConverterTotals cost;
  for (const ModuleCost& module : modules) {
    const auto own = bits.find(module.module);
    const int each = own == bits.end() ? other : own->second;
    cost.cells += module.cells();
    cost.area += static_cast<double>(module.columns) * each;
    cost.energy += static_cast<double>(module.conversions) * each;
  }
  return cost;
}

}  // namespace flashcell::quant
