#include "quant_models/graph/simplify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flashcell::quant {
namespace {

bool is_activation(const Node& node, ActivationKind kind) {
  const Activation* a = std::get_if<Activation>(&node.layer);
  return a != nullptr && a->kind == kind && !node.quantization;
}

bool is_half_line(const Node& node) {
  const Activation* a = std::get_if<Activation>(&node.layer);
  return a != nullptr && a->kind == ActivationKind::clip && a->low == 0 && a->high >= std::numeric_limits<float>::max();
}

// The kind of activation that x * gate(x) is, if it is one.
std::optional<ActivationKind> gated_kind(const Graph& graph, NodeId x, NodeId gate) {
  const Node& g = graph.node(gate);
  if (g.inputs != std::vector<NodeId>{x}) return std::nullopt;
  if (is_activation(g, ActivationKind::sigmoid)) return ActivationKind::swish;
  if (!is_activation(g, ActivationKind::hard_sigmoid)) return std::nullopt;
  const Activation& a = std::get<Activation>(g.layer);
  const bool same = std::abs(a.slope - 1.0F / 6) < 1e-6F && a.offset == 0.5F;
  return same ? std::optional(ActivationKind::hard_swish) : std::nullopt;
}

void fuse_gate(Graph& graph, NodeId product) {
  const std::vector<NodeId> inputs = graph.node(product).inputs;
  for (const auto& [x, gate] : {std::pair(inputs[0], inputs[1]), std::pair(inputs[1], inputs[0])}) {
    const std::optional<ActivationKind> kind = gated_kind(graph, x, gate);
    if (!kind) continue;
    graph.replace(product, Activation{.kind = *kind}, {x});
    return;
  }
}

bool is_no_border(const Pad& pad) {
  const auto none = [](int64_t extent) { return extent == 0; };
  return std::all_of(pad.before.begin(), pad.before.end(), none) &&
         std::all_of(pad.after.begin(), pad.after.end(), none);
}

// Rows and columns of a border that pads with zeros and touches only these two dimensions.
std::optional<Padding> image_border(const Pad& pad) {
  if (pad.value != 0 || pad.before.size() != 4) return std::nullopt;
  if (pad.before[0] + pad.before[1] + pad.after[0] + pad.after[1] != 0) return std::nullopt;
  return Padding{static_cast<int>(pad.before[2]), static_cast<int>(pad.before[3]), static_cast<int>(pad.after[2]),
                 static_cast<int>(pad.after[3])};
}

// The layer with the border taken in, or nothing where it cannot be.
std::optional<Layer> padded(Layer layer, const Padding& border) {
  Padding* padding = nullptr;
  if (Convolution* convolution = std::get_if<Convolution>(&layer)) padding = &convolution->padding;
  if (Pool* pool = std::get_if<Pool>(&layer)) {
    const bool small =
        std::max(border.top, border.bottom) < pool->kernel[0] && std::max(border.left, border.right) < pool->kernel[1];
    if (pool->kind == PoolKind::average && pool->padding == Padding{} && small) {
      pool->count_padding = true;
      padding = &pool->padding;
    }
  }
  if (padding == nullptr) return std::nullopt;
  *padding = {padding->top + border.top, padding->left + border.left, padding->bottom + border.bottom,
              padding->right + border.right};
  return layer;
}

}  // namespace

Graph fuse_activations(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const Node& n = graph.node(id);
    if (is_half_line(n)) graph.replace(id, Activation{});
    if (std::holds_alternative<Multiply>(n.layer)) fuse_gate(graph, id);
  }
  graph.remove_unused();
  return graph;
}

Graph fold_padding(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const Pad* pad = std::get_if<Pad>(&graph.node(id).layer);
    const std::vector<NodeId> readers = graph.readers(id);
    if (pad != nullptr && is_no_border(*pad) && !graph.node(id).quantization) {
      graph.remove(id);
      continue;
    }
    if (pad == nullptr || readers.size() != 1 || graph.is_output(id) || graph.node(id).quantization) continue;
    const std::optional<Padding> border = image_border(*pad);
    if (!border) continue;
    std::optional<Layer> layer = padded(graph.node(readers[0]).layer, *border);
    if (layer) graph.replace(readers[0], std::move(*layer), graph.node(id).inputs);
  }
  graph.remove_unused();
  return graph;
}

Graph simplify(Graph graph, const SimplifyOptions& options) {
  graph = fuse_product_scale(fuse_gelu(fuse_layer_normalization(std::move(graph))));
  graph = fold_padding(fuse_activations(fold_affine(std::move(graph), options)));
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
