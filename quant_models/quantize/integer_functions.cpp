#include "quant_models/quantize/integer_functions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>

#include "kernels_hls/contract/qcnn.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/quantize/residual_stream.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

// What a row's exponentials are multiplied by is a whole number: at least so large, even where all are equal.
constexpr double kLeastRowFactor = 8;

/// The value whose integers these are, and all that only move them on the way.
std::vector<NodeId> moved_from(const Graph& graph, NodeId id) {
  std::vector<NodeId> chain = {id};
  while (only_moves(graph.node(chain.back()).layer)) chain.push_back(graph.node(chain.back()).inputs[0]);
  return chain;
}

/// A value and all that only move its integers, before and behind.
std::vector<NodeId> same_integers(const Graph& graph, NodeId id) {
  std::vector<NodeId> same = {moved_from(graph, id).back()};
  for (size_t i = 0; i < same.size(); ++i)
    for (const NodeId reader : graph.readers(same[i]))
      if (only_moves(graph.node(reader).layer)) same.push_back(reader);
  return same;
}

void set_scale(Graph& graph, NodeId id, float scale) {
  for (const NodeId each : same_integers(graph, id)) {
    if (!graph.node(each).quantization) continue;
    Quantization q = *graph.node(each).quantization;
    q.scale.assign(1, scale);
    graph.set_quantization(each, q);
  }
}

bool is_wide(const Graph& graph, NodeId id) {
  const std::optional<Quantization>& q = graph.node(id).quantization;
  return q && q->bits > 8 && !q->per_channel();
}

void fit_softmax(Graph& graph, NodeId id, bool wide) {
  const Node& node = graph.node(id);
  if (!node.quantization || !graph.node(node.inputs[0]).quantization) return;
  const auto along = static_cast<size_t>(resolve_axis(std::get<Softmax>(node.layer).axis, node.shape.size()));
  const auto most = std::floor(contract::kMaxSoftmaxUnit / kLeastRowFactor / static_cast<double>(node.shape[along]));
  const int bits = wide ? contract::kMaxSoftmaxBits : node.quantization->bits;
  const NodeId input = node.inputs[0];
  Quantization scores = *graph.node(input).quantization;
  if (wide) {
    const double range = static_cast<double>(scores.scale[0]) * std::max(scores.highest(), -scores.lowest());
    scores = signed_quantization(contract::kMaxValueBits, static_cast<float>(range / INT16_MAX));
  }
  const double unit = std::floor(1 / static_cast<double>(scores.scale[0]));
  scores.scale[0] = static_cast<float>(1 / std::clamp(unit, 1.0, std::max(most, 1.0)));
  for (const NodeId each : same_integers(graph, input)) graph.set_quantization(each, scores);
  const Quantization q = unsigned_quantization(bits, std::ldexp(1.0F, -bits));
  for (const NodeId each : same_integers(graph, id)) graph.set_quantization(each, q);
}

/// Groups of values of a stream that sums, joins and moves connect.
class Groups {
 public:
  NodeId root(NodeId id) {
    const auto found = parent_.find(id);
    return found == parent_.end() || found->second == id ? id : found->second = root(found->second);
  }
  void join(NodeId a, NodeId b) { parent_[root(a)] = root(b); }

 private:
  std::map<NodeId, NodeId> parent_;
};

void fit_residual_streams(Graph& graph) {
  const std::set<NodeId> stream = residual_stream(graph);
  Groups groups;
  for (const NodeId id : stream) {
    const Layer& layer = graph.node(id).layer;
    if (!only_moves(layer) && !std::holds_alternative<Concat>(layer) && !std::holds_alternative<Add>(layer)) continue;
    for (const NodeId input : graph.node(id).inputs)
      if (stream.contains(input) && is_wide(graph, id) && is_wide(graph, input)) groups.join(id, input);
  }
  std::map<NodeId, float> largest;
  for (const NodeId id : stream) {
    if (!is_wide(graph, id)) continue;
    float& scale = largest[groups.root(id)];
    scale = std::max(scale, graph.node(id).quantization->scale[0]);
  }
  for (const NodeId id : stream)
    if (is_wide(graph, id)) set_scale(graph, id, largest.at(groups.root(id)));
}

}  // namespace

Graph fit_integer_functions(Graph graph) {
  const std::vector<NodeId> tail = output_tail(graph);
  const std::set<NodeId> stream = residual_stream(graph);
  const bool wide = std::any_of(stream.begin(), stream.end(), [&](NodeId id) { return is_wide(graph, id); });
  for (const NodeId id : std::vector<NodeId>(graph.order()))
    if (const auto* softmax = std::get_if<Softmax>(&graph.node(id).layer);
        softmax != nullptr && !softmax->logarithm && std::find(tail.begin(), tail.end(), id) == tail.end())
      fit_softmax(graph, id, wide);
  fit_residual_streams(graph);
  return graph;
}

}  // namespace flashcell::quant
