#include "quant_models/graph/blocks.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace flashcell::quant {
namespace {

bool is_fixed(const Graph& graph, NodeId id) {
  return std::holds_alternative<Constant>(graph.node(id).layer);
}

// Values behind which nothing before them is read any more, the input first.
std::vector<NodeId> narrow_places(const Graph& graph) {
  const std::vector<NodeId>& order = graph.order();
  std::unordered_map<NodeId, size_t> last_read;
  for (size_t i = 0; i < order.size(); ++i)
    for (const NodeId input : graph.node(order[i]).inputs) last_read[input] = i;
  last_read[graph.outputs()[0].node] = order.size();
  std::vector<NodeId> places;
  size_t furthest = 0;  // reading of a value made before
  for (size_t i = 0; i < order.size(); ++i) {
    if (is_fixed(graph, order[i])) continue;
    if (furthest <= i && last_read.contains(order[i])) places.push_back(order[i]);
    furthest = std::max(furthest, last_read[order[i]]);
  }
  return places;
}

}  // namespace

std::vector<Block> find_blocks(const Graph& graph) {
  std::vector<Block> blocks;
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1) return blocks;
  const std::vector<NodeId> places = narrow_places(graph);
  if (places.empty() || places[0] != graph.inputs()[0]) return blocks;
  const std::unordered_set<NodeId> narrow(places.begin(), places.end());
  NodeId from = places[0];
  bool has_weights = false;
  for (const NodeId id : graph.order()) {
    has_weights |= weight_of(graph.node(id).layer) != nullptr;
    if (!has_weights || !narrow.contains(id)) continue;
    blocks.push_back({from, id});
    from = id;
    has_weights = false;
  }
  if (!blocks.empty()) blocks.back().output = graph.outputs()[0].node;
  return blocks;
}

Graph extract(const Graph& graph, const Block& block) {
  std::unordered_set<NodeId> wanted = {block.output};
  const std::vector<NodeId>& order = graph.order();
  for (auto id = order.rbegin(); id != order.rend(); ++id)
    if (*id != block.input && wanted.contains(*id))
      wanted.insert(graph.node(*id).inputs.begin(), graph.node(*id).inputs.end());
  Graph part;
  std::unordered_map<NodeId, NodeId> made;
  made[block.input] = part.add(graph.node(block.input).name, Input{graph.node(block.input).shape});
  for (const NodeId id : order) {
    if (id == block.input || !wanted.contains(id)) continue;
    const Node& node = graph.node(id);
    std::vector<NodeId> inputs;
    for (const NodeId input : node.inputs) inputs.push_back(made.at(input));
    made[id] = part.add(node.name, node.layer, std::move(inputs));
    part.set_quantization(made[id], node.quantization);
  }
  part.add_output(graph.node(block.output).name, made.at(block.output));
  return part;
}

}  // namespace flashcell::quant
