#include "quant_models/search/search_space.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/graph/cost.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/pareto_front.hpp"

namespace flashcell::quant {
namespace {

constexpr int kRealBits = 32;

// Where the numbers come from that a node reads.
NodeId source_of(const Graph& graph, NodeId id) {
  while (only_moves(graph.node(id).layer)) id = graph.node(id).inputs[0];
  return id;
}

double cost_at(const CostByBits& table, NodeId node, int bits) {
  const auto found = table.find(node);
  if (found == table.end()) return 0;
  const auto at = found->second.find(bits);
  return at == found->second.end() ? 0 : at->second;
}

// A value whose bits are not chosen has others than the choices, the same for all of them.
int64_t time_at(const LayerTimes& times, NodeId node, int weight_bits, int value_bits) {
  const auto found = times.layers.find(node);
  if (found == times.layers.end()) return 0;
  if (const auto at = found->second.find({weight_bits, value_bits}); at != found->second.end()) return at->second;
  const auto any = found->second.lower_bound({weight_bits, 0});
  return any != found->second.end() && any->first.first == weight_bits ? any->second : 0;
}

SearchCosts layer_costs(const SearchLayer& layer, int weight_bits, int value_bits, const PerturbationTable& table,
                        const LayerTimes& times) {
  return {cost_at(table.weights, layer.node, weight_bits), layer.weights * weight_bits,
          layer.macs * weight_bits * value_bits, time_at(times, layer.node, weight_bits, value_bits)};
}

// The layers' weights, each a decision, for one number of bits of the value that they read.
std::vector<Decision> weight_decisions(const SearchGroup& group, int value_bits, const std::vector<int>& weight_bits,
                                       const PerturbationTable& table, const LayerTimes& times) {
  std::vector<Decision> decisions;
  for (const SearchLayer& layer : group.layers) {
    Decision decision;
    for (const int bits : weight_bits)
      decision.options.push_back({layer_costs(layer, bits, value_bits, table, times), {bits}});
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

// Ways for one number of bits of the value that none of them beats.
void add_options(const SearchGroup& group, int value_bits, const std::vector<int>& weight_bits,
                 const PerturbationTable& table, const LayerTimes& times, std::vector<DecisionOption>& all) {
  const std::vector<Decision> layers = weight_decisions(group, value_bits, weight_bits, table, times);
  const ParetoFront front = find_front(layers);
  const double of_value = group.chosen ? cost_at(table.values, group.value, value_bits) : 0;
  for (size_t point = 0; point < front.size(); ++point) {
    DecisionOption option{front.costs(point), {}};
    option.costs.perturbation += of_value;
    if (group.chosen) option.bits.push_back(value_bits);
    const std::vector<size_t> taken = front.options(point);
    for (size_t i = 0; i < taken.size(); ++i) option.bits.push_back(layers[i].options[taken[i]].bits[0]);
    all.push_back(std::move(option));
  }
}

// What no other option beats, in the front's order.
std::vector<DecisionOption> undominated(std::vector<DecisionOption> options) {
  Decision all;
  for (DecisionOption& option : options) all.options.push_back(std::move(option));
  const ParetoFront front = find_front(std::span(&all, 1));
  std::vector<DecisionOption> kept;
  for (size_t point = 0; point < front.size(); ++point) kept.push_back(all.options[front.options(point)[0]]);
  return kept;
}

std::vector<int> common(const BitChoices& choices) {
  std::vector<int> both;
  std::set_intersection(choices.weights.begin(), choices.weights.end(), choices.values.begin(), choices.values.end(),
                        std::back_inserter(both));
  if (both.empty()) throw ModelError("weights and values are to have the same bits, but have no choice in common");
  return both;
}

}  // namespace

std::vector<SearchGroup> find_search_groups(const Graph& quantized, std::span<const NodeId> activation_values) {
  std::vector<SearchGroup> groups;
  for (const NodeId id : quantized.order()) {
    const Node& node = quantized.node(id);
    const Tensor* weight = weight_of(node.layer);
    if (weight == nullptr) continue;
    const NodeId source = source_of(quantized, node.inputs[0]);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const SearchGroup& g) { return g.value == source; });
    if (group == groups.end()) {
      const std::optional<Quantization>& stored = quantized.node(source).quantization;
      const bool chosen =
          std::find(activation_values.begin(), activation_values.end(), source) != activation_values.end();
      groups.push_back({source, chosen, stored ? stored->bits : kRealBits, {}});
      group = groups.end() - 1;
    }
    group->layers.push_back({id, static_cast<int64_t>(weight->values.size()), cost(quantized, id).macs});
  }
  return groups;
}

std::vector<Decision> make_decisions(const Graph& graph, std::span<const SearchGroup> groups, const BitChoices& choices,
                                     const PerturbationTable& table, const LayerTimes& times) {
  if (choices.weights.empty() || choices.values.empty())
    throw std::invalid_argument("make_decisions: no bits to choose from");
  const std::vector<int> tied = choices.tied ? common(choices) : std::vector<int>{};
  std::vector<Decision> decisions;
  for (const SearchGroup& group : groups) {
    Decision decision;
    if (group.chosen) decision.members.push_back(graph.node(group.value).name);
    for (const SearchLayer& layer : group.layers) decision.members.push_back(graph.node(layer.node).name);
    std::vector<DecisionOption> options;
    if (!group.chosen) {
      add_options(group, group.value_bits, choices.tied ? tied : choices.weights, table, times, options);
    } else if (choices.tied) {
      for (const int bits : tied) add_options(group, bits, {bits}, table, times, options);
    } else {
      for (const int bits : choices.values) add_options(group, bits, choices.weights, table, times, options);
    }
    decision.options = undominated(std::move(options));
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

std::map<std::string, NodeBits> node_bits_of(std::span<const SearchGroup> groups, std::span<const Decision> decisions,
                                             std::span<const size_t> options) {
  std::map<std::string, NodeBits> all;
  for (size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = decisions[i];
    const std::vector<int>& bits = decision.options.at(options[i]).bits;
    for (size_t m = 0; m < bits.size(); ++m) {
      NodeBits& of = all[decision.members[m]];
      (m == 0 && groups[i].chosen ? of.value : of.weights) = bits[m];
    }
  }
  return all;
}

SearchCosts uniform_costs(std::span<const SearchGroup> groups, int weight_bits, int value_bits,
                          const PerturbationTable& table, const LayerTimes& times) {
  SearchCosts sum;
  for (const SearchGroup& group : groups) {
    const int bits = group.chosen ? value_bits : group.value_bits;
    SearchCosts of_group;
    for (const SearchLayer& layer : group.layers)
      of_group = of_group + layer_costs(layer, weight_bits, bits, table, times);
    if (group.chosen) of_group.perturbation += cost_at(table.values, group.value, value_bits);
    sum = sum + of_group;
  }
  return sum;
}

}  // namespace flashcell::quant
