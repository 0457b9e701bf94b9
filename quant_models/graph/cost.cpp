#include "quant_models/graph/cost.hpp"

#include <algorithm>

namespace flashcell::quant {
namespace {

constexpr int64_t kRealBits = 32;

int64_t count(const Tensor& tensor) {
  return static_cast<int64_t>(tensor.values.size());
}

// Multiply-accumulates for each number of the value.
int64_t macs_per_number(const Layer& layer) {
  if (const Convolution* c = std::get_if<Convolution>(&layer)) return count(c->weight) / c->weight.shape[0];
  if (const FullyConnected* f = std::get_if<FullyConnected>(&layer)) return f->weight.shape[1];
  return 0;
}

// For each node the place in the order of its last reader; the end of the order for outputs.
std::vector<size_t> last_reads(const Graph& graph) {
  std::vector<size_t> last(graph.id_limit(), 0);
  for (size_t place = 0; place < graph.order().size(); ++place) {
    last[static_cast<size_t>(graph.order()[place])] = place;
    for (const NodeId input : graph.node(graph.order()[place]).inputs) last[static_cast<size_t>(input)] = place;
  }
  for (const Output& output : graph.outputs()) last[static_cast<size_t>(output.node)] = graph.order().size();
  // A reshape is its input under another shape.
  for (auto id = graph.order().rbegin(); id != graph.order().rend(); ++id) {
    const Node& n = graph.node(*id);
    if (!std::holds_alternative<Reshape>(n.layer)) continue;
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
    if (!std::holds_alternative<Reshape>(layer) && !std::holds_alternative<Constant>(layer)) {
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
  result.macs = numbers * macs_per_number(n.layer);
  result.value_bits = numbers * (n.quantization ? n.quantization->bits : kRealBits);
  if (const Tensor* weight = weight_of(n.layer)) {
    const std::optional<Quantization>& quantization = *weight_quantization_of(n.layer);
    const int64_t bias = count(*bias_of(n.layer));
    result.parameters = count(*weight) + bias;
    result.parameter_bits = count(*weight) * (quantization ? quantization->bits : kRealBits) + bias * kRealBits;
  } else if (const BatchNormalization* norm = std::get_if<BatchNormalization>(&n.layer)) {
    result.parameters = 4 * count(norm->scale);
    result.parameter_bits = result.parameters * kRealBits;
  } else if (std::holds_alternative<Constant>(n.layer)) {
    result.parameters = numbers;
    result.parameter_bits = result.value_bits;
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
