#include "quant_models/quantize/module_bits.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/graph/shared_weights.hpp"

namespace flashcell::quant {
namespace {

void check(const ModuleBitsOptions& o) {
  const bool rising = std::is_sorted(o.bits.begin(), o.bits.end(), std::less_equal<>());
  if (o.bits.empty() || !rising || o.bits.front() < 2 || o.bits.back() > 8)
    throw std::invalid_argument("module bits: 2 to 8, rising");
}

std::vector<ModuleSensitivity> modules_of(const Graph& graph) {
  std::vector<ModuleSensitivity> modules;
  for (const NodeId id : graph.order()) {
    const Tensor* weight = weight_of(graph.node(id).layer);
    if (weight == nullptr || weight_owner(graph, id) != id) continue;
    const std::string name = module_of(graph.node(id).name);
    auto found =
        std::find_if(modules.begin(), modules.end(), [&](const auto& module) { return module.module == name; });
    if (found == modules.end()) found = modules.insert(found, {name, 0, {}});
    found->weights += static_cast<int64_t>(weight->values.size());
  }
  return modules;
}

/// Looks at every combination of bits.
class Search {
 public:
  Search(const ModuleBits& table, double budget) : table_(table), budget_(budget), now_(table.modules.size(), 0) {
    double combinations = 1;
    for (size_t i = 0; i < now_.size(); ++i) combinations *= static_cast<double>(table.bits.size());
    constexpr double kMost = 1e7;
    if (combinations > kMost)
      throw std::invalid_argument("module bits: too many modules and bits for all combinations");
  }

  /// Which of the bits each module has.
  std::vector<size_t> run() {
    best_.assign(now_.size(), table_.bits.size() - 1);
    visit(0, 0, 0);
    return best_;
  }

 private:
  void visit(size_t module, double memory, double loss) {
    if (loss > budget_) return;
    if (module == now_.size()) {
      if (found_ && (memory > memory_ || (memory == memory_ && loss >= loss_))) return;
      found_ = true;
      memory_ = memory;
      loss_ = loss;
      best_ = now_;
      return;
    }
    const ModuleSensitivity& each = table_.modules[module];
    for (size_t b = 0; b < table_.bits.size(); ++b) {
      now_[module] = b;
      visit(module + 1, memory + static_cast<double>(each.weights) * table_.bits[b], loss + each.losses[b]);
    }
  }

  const ModuleBits& table_;
  double budget_;
  std::vector<size_t> now_, best_;
  bool found_ = false;
  double memory_ = 0, loss_ = 0;
};

}  // namespace

Graph quantize_modules(Graph graph, const std::map<std::string, int>& bits, const WeightOptions& weights) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    Layer layer = graph.node(id).layer;
    const Tensor* weight = weight_of(layer);
    const auto own = bits.find(module_of(graph.node(id).name));
    if (weight == nullptr || own == bits.end()) continue;
    WeightOptions options = weights;
    options.bits = own->second;
    *weight_quantization_of(layer) = calibrate_weights(*weight, options);
    graph.replace(id, std::move(layer));
  }
  return graph;
}

ModuleBits choose_module_bits(const Graph& graph, const ModuleBitsOptions& options, const NetworkLoss& loss) {
  check(options);
  ModuleBits result;
  result.bits = options.bits;
  result.modules = modules_of(graph);
  result.real_loss = loss(graph);
  for (ModuleSensitivity& module : result.modules)
    for (const int bits : options.bits)
      module.losses.push_back(
          std::max(0.0, loss(quantize_modules(graph, {{module.module, bits}}, options.weights)) - result.real_loss));
  const std::vector<size_t> chosen = Search(result, options.budget).run();
  double memory = 0, weights = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const ModuleSensitivity& module = result.modules[i];
    const int bits = options.bits[chosen[i]];
    result.chosen[module.module] = bits;
    result.predicted += module.losses[chosen[i]];
    memory += static_cast<double>(module.weights) * bits;
    weights += static_cast<double>(module.weights);
  }
  if (weights > 0) result.bits_per_weight = memory / weights;
  return result;
}

}  // namespace flashcell::quant
