#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "quant_models/layers/layer.hpp"
#include "quant_models/node_id.hpp"

namespace flashcell::quant {

/// One step of a network and the value that it makes.
struct Node {
  std::string name;  ///< unique in its graph
  Layer layer;
  std::vector<NodeId> inputs;                     ///< the nodes whose values it reads
  Shape shape = {};                               ///< of its value; the graph keeps it up to date
  std::optional<Quantization> quantization = {};  ///< of its value; none: real numbers
};

/// What the network hands out, under its own name.
struct Output {
  std::string name;
  NodeId node = 0;
  bool operator==(const Output&) const = default;
};

/// A network: nodes in an order in which each can be computed, every input before its reader. A value type; methods are
/// functions from graph to graph. Equal edits give equal graphs, bit for bit.
/// Every edit checks shapes and throws ModelError that names the node which no longer fits; the graph is then
/// unspecified but may be assigned or destroyed.
class Graph {
 public:
  /// Appends a node. Throws ModelError where the name is taken, an input does not exist or shapes do not fit.
  NodeId add(std::string name, Layer layer, std::vector<NodeId> inputs = {});

  /// A new node that reads `node`; everything that read `node` reads the new one, outputs included.
  NodeId insert_after(NodeId node, std::string name, Layer layer);

  /// Takes a node out; what read it reads its first input instead. Throws ModelError when it has no input.
  void remove(NodeId node);

  /// Another layer in the node's place, with the same inputs.
  void replace(NodeId node, Layer layer);

  /// Another layer with other inputs in the node's place. Reorders nodes where needed; throws ModelError on a cycle.
  void replace(NodeId node, Layer layer, std::vector<NodeId> inputs);

  /// How the node's value is stored; none: real numbers.
  void set_quantization(NodeId node, std::optional<Quantization> quantization);

  void add_output(std::string name, NodeId node);
  void remove_outputs() { outputs_.clear(); }

  /// Removes nodes that no output depends on; inputs stay.
  void remove_unused();

  /// Throws std::invalid_argument when the node does not exist.
  const Node& node(NodeId id) const;
  /// Nodes in an order in which they can be computed.
  const std::vector<NodeId>& order() const { return order_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  /// Input nodes, in order.
  std::vector<NodeId> inputs() const;
  /// Nodes that read `node`, in order; one that reads it twice is listed once.
  std::vector<NodeId> readers(NodeId node) const;
  bool is_output(NodeId node) const;
  std::optional<NodeId> find(std::string_view name) const;
  /// `name`, or with "_2", "_3", ... behind where that is taken.
  std::string free_name(const std::string& name) const;
  /// NodeIds are below this.
  size_t id_limit() const { return nodes_.size(); }

 private:
  friend Graph with_batch(Graph graph, int64_t batch);
  Node& at(NodeId id);
  void forget(NodeId id);
  void check(NodeId id);
  void check_from(NodeId id);
  void redirect(NodeId from, NodeId to);
  void sort();

  std::vector<std::optional<Node>> nodes_;  // by id; empty once removed
  std::unordered_map<std::string, NodeId> by_name_;
  std::vector<NodeId> order_;
  std::vector<Output> outputs_;
};

/// The same nodes in the same order under the same names, with equal layers, quantization and outputs. Ids may differ.
bool operator==(const Graph& a, const Graph& b);

/// The same network for inputs of `batch` images (the first extent of every input). Throws ModelError that names the
/// node which fixes the batch size, as a reshape to given extents does.
/// Node ids stay.
Graph with_batch(Graph graph, int64_t batch);

}  // namespace flashcell::quant
