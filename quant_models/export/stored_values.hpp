#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quant_models/export/layouts.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Throws ModelError with the node's name and what it computes.
[[noreturn]] void refuse_node(const Node& node, const std::string& why);

/// How a node's value is stored. Throws ModelError for a value that the engine has no tensor for.
ActivationFormat format_of(const Node& node);

/// The values of a graph as the engine's tensors, and those that layers have moved the numbers of: they are made once
/// something reads them, in the order that it wants.
class StoredValues {
 public:
  using Value = Lowering::Value;

  /// Both must outlive it.
  StoredValues(const Graph& graph, ModelBuilder& builder) : graph_(graph), builder_(builder) {}

  void keep(NodeId id, const Value& value) { values_[{id, value.layout}] = value; }
  /// Whether it is stored in any layout.
  bool contains(NodeId id) const { return any(id) != nullptr; }

  /// The value as it is stored, else as an image where it has that shape. Throws ModelError that names the reader.
  Value read(NodeId id, const Node& reader);
  Value read(NodeId id, Layout layout, const Node& reader);
  /// With strides into what is stored already, else as rows.
  Lowering::Operand operand(NodeId id, const Node& reader);
  /// A value that only chooses whole channels of a stored one; none else.
  std::optional<Lowering::Chosen> chosen(NodeId id) const;

  /// Notes where the numbers of a node that moves its input's come from.
  void move(NodeId id);
  bool is_moved(NodeId id) const { return moved_.contains(id); }

  /// For every number of `last` its place among those of `first`, through layers that only move them.
  std::vector<int32_t> places_through(NodeId first, NodeId last) const;

 private:
  /// Where the numbers of a value come from that layers have moved.
  struct Moved {
    NodeId source = 0;            ///< stored
    std::vector<int32_t> places;  ///< of each number in the source
  };

  const Value* any(NodeId id) const;
  std::vector<int64_t> places_in_memory(NodeId id, const Value& source) const;
  bool select(NodeId id);
  bool select_at_once(NodeId id);
  Value copy(NodeId id, Layout layout);

  const Graph& graph_;
  ModelBuilder& builder_;
  std::map<std::pair<NodeId, Layout>, Value> values_;
  std::map<NodeId, Moved> moved_;
};

}  // namespace flashcell::quant
