#include "quant_models/graph/graph.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

NodeId Graph::add(std::string name, Layer layer, std::vector<NodeId> inputs) {
  if (name.empty()) throw ModelError("a " + describe(layer) + " node has no name");
  if (find(name)) throw ModelError("node '" + name + "': the name occurs twice");
  for (const NodeId input : inputs) node(input);
  const auto id = static_cast<NodeId>(nodes_.size());
  by_name_.emplace(name, id);
  nodes_.push_back(Node{std::move(name), std::move(layer), std::move(inputs)});
  order_.push_back(id);
  check(id);
  return id;
}

NodeId Graph::insert_after(NodeId before, std::string name, Layer layer) {
  const NodeId id = add(std::move(name), std::move(layer), {before});
  redirect(before, id);
  at(id).inputs = {before};
  order_.pop_back();
  order_.insert(std::find(order_.begin(), order_.end(), before) + 1, id);
  check_from(id);
  return id;
}

void Graph::remove(NodeId id) {
  const std::vector<NodeId> inputs = node(id).inputs;
  if (inputs.empty()) throw ModelError("node '" + node(id).name + "' has no input and cannot be taken out");
  redirect(id, inputs.front());
  order_.erase(std::find(order_.begin(), order_.end(), id));
  forget(id);
  check_from(inputs.front());
}

void Graph::replace(NodeId id, Layer layer) {
  at(id).layer = std::move(layer);
  check_from(id);
}

void Graph::replace(NodeId id, Layer layer, std::vector<NodeId> inputs) {
  for (const NodeId input : inputs) node(input);
  at(id).layer = std::move(layer);
  at(id).inputs = std::move(inputs);
  sort();
  check_from(id);
}

void Graph::set_quantization(NodeId id, std::optional<Quantization> quantization) {
  at(id).quantization = std::move(quantization);
  check(id);
}

void Graph::add_output(std::string name, NodeId id) {
  node(id);
  for (const Output& output : outputs_)
    if (output.name == name) throw ModelError("output '" + name + "' occurs twice");
  outputs_.push_back({std::move(name), id});
}

void Graph::remove_unused() {
  std::vector<bool> used(nodes_.size(), false);
  for (const Output& output : outputs_) used[static_cast<size_t>(output.node)] = true;
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
    const Node& n = node(*id);
    if (std::holds_alternative<Input>(n.layer)) used[static_cast<size_t>(*id)] = true;
    if (!used[static_cast<size_t>(*id)]) continue;
    for (const NodeId input : n.inputs) used[static_cast<size_t>(input)] = true;
  }
  std::erase_if(order_, [&](NodeId id) { return !used[static_cast<size_t>(id)]; });
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i] && !used[i]) forget(static_cast<NodeId>(i));
}

const Node& Graph::node(NodeId id) const {
  if (id < 0 || static_cast<size_t>(id) >= nodes_.size() || !nodes_[static_cast<size_t>(id)])
    throw std::invalid_argument("graph: node " + std::to_string(id) + " does not exist");
  return *nodes_[static_cast<size_t>(id)];
}

std::vector<NodeId> Graph::inputs() const {
  std::vector<NodeId> found;
  for (const NodeId id : order_)
    if (std::holds_alternative<Input>(node(id).layer)) found.push_back(id);
  return found;
}

std::vector<NodeId> Graph::readers(NodeId id) const {
  std::vector<NodeId> found;
  for (const NodeId other : order_) {
    const std::vector<NodeId>& inputs = node(other).inputs;
    if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) found.push_back(other);
  }
  return found;
}

bool Graph::is_output(NodeId id) const {
  return std::any_of(outputs_.begin(), outputs_.end(), [id](const Output& output) { return output.node == id; });
}

std::optional<NodeId> Graph::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::string Graph::free_name(const std::string& name) const {
  if (!find(name)) return name;
  for (int i = 2;; ++i)
    if (std::string candidate = name + "_" + std::to_string(i); !find(candidate)) return candidate;
}

Node& Graph::at(NodeId id) {
  return const_cast<Node&>(node(id));
}

void Graph::forget(NodeId id) {
  by_name_.erase(node(id).name);
  nodes_[static_cast<size_t>(id)].reset();
}

void Graph::check(NodeId id) {
  Node& n = at(id);
  try {
    std::vector<Shape> shapes;
    for (const NodeId input : n.inputs) shapes.push_back(node(input).shape);
    n.shape = infer_shape(n.layer, shapes);
    if (n.quantization) {
      const auto axis =
          static_cast<size_t>(n.quantization->per_channel() ? resolve_axis(n.quantization->axis, n.shape.size()) : 0);
      const std::string fault = find_fault(*n.quantization, n.shape.empty() ? 1 : n.shape[axis]);
      if (!fault.empty()) throw ModelError("the quantization of its value: " + fault);
    }
  } catch (const ModelError& e) {
    throw ModelError("node '" + n.name + "' (" + describe(n.layer) + "): " + e.what());
  }
}

// The node, what reads it, and what reads values of which the shape changes.
void Graph::check_from(NodeId id) {
  std::vector<bool> changed(nodes_.size(), false);
  for (auto next = std::find(order_.begin(), order_.end(), id); next != order_.end(); ++next) {
    const std::vector<NodeId>& inputs = at(*next).inputs;
    const bool reads =
        std::any_of(inputs.begin(), inputs.end(), [&](NodeId input) { return changed[static_cast<size_t>(input)]; });
    if (*next != id && !reads) continue;
    const Shape before = at(*next).shape;
    check(*next);
    changed[static_cast<size_t>(*next)] = *next == id || at(*next).shape != before;
  }
}

void Graph::redirect(NodeId from, NodeId to) {
  for (const NodeId id : order_)
    for (NodeId& input : at(id).inputs)
      if (input == from) input = to;
  for (Output& output : outputs_)
    if (output.node == from) output.node = to;
}

// Repeatedly takes the first node, in the present order, whose inputs have all been taken.
void Graph::sort() {
  std::vector<bool> taken(nodes_.size(), false);
  std::vector<NodeId> waiting = std::move(order_);
  order_.clear();
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](NodeId id) {
      const std::vector<NodeId>& inputs = node(id).inputs;
      return std::all_of(inputs.begin(), inputs.end(), [&](NodeId i) { return taken[static_cast<size_t>(i)]; });
    });
    if (next == waiting.end())
      throw ModelError("node '" + node(waiting.front()).name + "' depends on its own value: the graph has a cycle");
    taken[static_cast<size_t>(*next)] = true;
    order_.push_back(*next);
    waiting.erase(next);
  }
}

bool operator==(const Graph& a, const Graph& b) {
  const auto same_output = [&](const Output& x, const Output& y) {
    return x.name == y.name && a.node(x.node).name == b.node(y.node).name;
  };
  const auto same_node = [&](NodeId x, NodeId y) {
    const Node &p = a.node(x), &q = b.node(y);
    return p.name == q.name && p.shape == q.shape && p.quantization == q.quantization && p.layer == q.layer &&
           std::equal(p.inputs.begin(), p.inputs.end(), q.inputs.begin(), q.inputs.end(),
                      [&](NodeId i, NodeId j) { return a.node(i).name == b.node(j).name; });
  };
  return std::equal(a.order().begin(), a.order().end(), b.order().begin(), b.order().end(), same_node) &&
         std::equal(a.outputs().begin(), a.outputs().end(), b.outputs().begin(), b.outputs().end(), same_output);
}

Graph with_batch(Graph graph, int64_t batch) {
  for (const NodeId id : graph.inputs()) {
    Node& n = graph.at(id);
    Shape& shape = std::get<Input>(n.layer).shape;
    if (shape.empty()) throw ModelError("input '" + n.name + "' is a single number: it has no batch");
    shape[0] = batch;
  }
  for (const NodeId id : graph.order()) graph.check(id);
  return graph;
}

}  // namespace flashcell::quant
