#include "quant_models/report/network_size.hpp"

#include "quant_models/graph/cost.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kRealBits = 32;

int64_t bits_of(const std::optional<Quantization>& quantization) {
  return quantization ? quantization->bits : kRealBits;
}

// Bits of what the node's first input is multiplied with: its own weights, else its second input.
int64_t factor_bits(const Graph& graph, const Node& node) {
  if (const auto* weights = weight_quantization_of(node.layer)) return bits_of(*weights);
  return node.inputs.size() > 1 ? bits_of(graph.node(node.inputs[1]).quantization) : kRealBits;
}

}  // namespace

NetworkSize size_of(const Graph& graph) {
  const Cost whole = total_cost(graph);
  NetworkSize size{whole.parameters, whole.parameter_bits, whole.value_bits, whole.macs, 0};
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.inputs.empty()) continue;
    size.bit_operations +=
        cost(graph, id).macs * bits_of(graph.node(node.inputs[0]).quantization) * factor_bits(graph, node);
  }
  return size;
}

}  // namespace flashcell::quant
