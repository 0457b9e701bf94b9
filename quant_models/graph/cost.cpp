#include "quant_models/graph/cost.hpp"

#include <algorithm>

namespace flashcell::quant {
namespace {

constexpr int64_t kRealBits = 32;

// For each node the place in the order of its last reader; the end of the order for outputs.
std::vector<size_t> last_reads(const Graph& graph) {
  std::vector<size_t> last(graph.id_limit(), 0);
  for (size_t place = 0; place < graph.order().size(); ++place) {
    last[static_cast<size_t>(graph.order()[place])] = place;
    for (const NodeId input : graph.node(graph.order()[place]).inputs) last[static_cast<size_t>(input)] = place;
  }
  for (const Output& output : graph.outputs()) last[static_cast<size_t>(output.node)] = graph.order().size();
  // A view is its input under another shape.
  for (auto id = graph.order().rbegin(); id != graph.order().rend(); ++id) {
    const Node& n = graph.node(*id);
    if (!is_view(n.layer)) continue;
    size_t& source = last[static_cast<size_t>(n.inputs[0])];
    source = std::max(source, last[static_cast<size_t>(*id)]);
  }
  return last;
}

int64_t most_alive(const Graph& graph) {
  const std::vector<size_t> last = last_reads(graph);
  std::vector<int64_t> freed(graph.order().size() + 1, 0);
  int64_t alive = 0, most = 0;
  for (size_t place = 0; place < graph.order().size(); ++place) {
    const NodeId id = graph.order()[place];
    const Layer& layer = graph.node(id).layer;
    if (!is_view(layer) && !std::holds_alternative<Constant>(layer)) {
      const int64_t bits = cost(graph, id).value_bits;
      alive += bits;
      freed[last[static_cast<size_t>(id)]] += bits;
    }
    most = std::max(most, alive);
    alive -= freed[place];
  }
  return most;
}

}  // namespace

Cost cost(const Graph& graph, NodeId id) {
  const Node& n = graph.node(id);
  Cost result;
  const int64_t numbers = element_count(n.shape);
  std::vector<Shape> inputs;
  for (const NodeId input : n.inputs) inputs.push_back(graph.node(input).shape);
  result.macs = numbers * macs_per_number(n.layer, inputs);
  result.value_bits = numbers * (n.quantization ? n.quantization->bits : kRealBits);
  result.parameters = parameter_count(n.layer);
  result.parameter_bits = result.parameters * kRealBits;
  if (std::holds_alternative<Constant>(n.layer)) result.parameter_bits = result.value_bits;
  if (const auto* quantization = weight_quantization_of(n.layer); quantization != nullptr && *quantization) {
    const auto weights = static_cast<int64_t>(weight_of(n.layer)->values.size());
    result.parameter_bits += weights * ((*quantization)->bits - kRealBits);
  }
  return result;
}

Cost total_cost(const Graph& graph) {
  Cost sum;
  for (const NodeId id : graph.order()) {
    const Cost each = cost(graph, id);
    sum.macs += each.macs;
    sum.parameters += each.parameters;
    sum.parameter_bits += each.parameter_bits;
  }
  sum.value_bits = most_alive(graph);
  return sum;
}

}  // namespace flashcell::quant
