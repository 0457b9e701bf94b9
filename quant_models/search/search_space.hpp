#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "quant_models/quantize/post_training.hpp"
#include "quant_models/search/decision.hpp"

// What of a network can be decided: bits of weights, and of the values that layers with weights read.
namespace flashcell::quant {

/// A layer of fewer bits has signs only, which no scale of a range fits.
inline constexpr int kFewestBits = 2;

/// Bits to choose from, rising.
struct BitChoices {
  std::vector<int> weights = {2, 4, 8}, values = {4, 8};
  bool tied = false;  ///< a layer's weights and the value that it reads have the same bits (HAWQ-V3), out of those that
                      ///< both lists have
};

/// "w:2,4,8;a:4,8": weights and values (activations), either may be left out. Throws ModelError for anything else, bits
/// outside kFewestBits..kMaxBits and bits that are named twice.
BitChoices parse_bit_choices(const std::string& text);

/// A layer with weights.
struct SearchLayer {
  NodeId node = 0;
  int64_t weights = 0;  ///< in number, biases not counted
  int64_t macs = 0;     ///< for one image
};

/// A value and the layers with weights that read it, through whatever only moves numbers.
struct SearchGroup {
  NodeId value = 0;
  bool chosen = false;  ///< whether its bits are to be chosen
  int value_bits = 0;   ///< otherwise; 32 where it is not stored
  std::vector<SearchLayer> layers;
};

/// All layers with weights, by the values that they read, in the graph's order. Chosen are the values that
/// activation_values() lists; the input, sums and whatever else is read keep the bits they have in `quantized`.
std::vector<SearchGroup> find_search_groups(const Graph& quantized, std::span<const NodeId> activation_values);

/// What a node costs by its bits.
using CostByBits = std::map<NodeId, std::map<int, double>>;

/// How far each choice alone is believed to take the network from the real one.
struct PerturbationTable {
  CostByBits weights, values;
};

/// What layers with weights take, in the caller's unit; empty: not looked at.
struct LayerTimes {
  std::map<NodeId, std::map<std::pair<int, int>, int64_t>>
      layers;        ///< by (bits of the weights, bits of the value that is read)
  int64_t rest = 0;  ///< of all else; not part of SearchCosts::time, but of what a limit of time bounds
};

/// A decision for each group: members are the value, where it is chosen, and the layers. Options that another one of
/// the same decision beats are left out. A choice without an entry in `table` perturbs nothing. Throws
/// std::invalid_argument where a list of choices is empty, ModelError where tied lists have nothing in common.
std::vector<Decision> make_decisions(const Graph& graph, std::span<const SearchGroup> groups, const BitChoices& choices,
                                     const PerturbationTable& table, const LayerTimes& times = {});

/// What a way to decide means for post-training quantization.
std::map<std::string, NodeBits> node_bits_of(std::span<const SearchGroup> groups, std::span<const Decision> decisions,
                                             std::span<const size_t> options);

/// Costs where all chosen values and all weights have the same bits.
SearchCosts uniform_costs(std::span<const SearchGroup> groups, int weight_bits, int value_bits,
                          const PerturbationTable& table, const LayerTimes& times = {});

}  // namespace flashcell::quant
