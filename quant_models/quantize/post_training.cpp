#include "quant_models/quantize/post_training.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/quantize/residual_stream.hpp"

namespace flashcell::quant {
namespace {

// Activations that a kernel applies to its sums before they are stored: it cuts off.
bool is_fused(const Layer& layer) {
  const Activation* a = std::get_if<Activation>(&layer);
  return a != nullptr && (a->kind == ActivationKind::relu || a->kind == ActivationKind::clip);
}

// Layers of which publications count the values as activations.
bool activates(const Layer& layer) {
  return std::holds_alternative<Activation>(layer) || std::holds_alternative<Gelu>(layer) ||
         std::holds_alternative<Softmax>(layer) || std::holds_alternative<LayerNormalization>(layer);
}

// Whether a product of two values reads it: queries, keys and values of attention.
bool is_multiplied(const Graph& graph, NodeId id) {
  const std::vector<NodeId> readers = graph.readers(id);
  return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
    const Layer& layer = graph.node(reader).layer;
    return std::holds_alternative<Product>(layer) || (only_moves(layer) && is_multiplied(graph, reader));
  });
}

bool is_stored(const Graph& graph, NodeId id, const PostTrainingOptions& options) {
  const Layer& layer = graph.node(id).layer;
  if (options.places == Places::after_activations) return activates(layer);
  if (std::holds_alternative<Input>(layer)) return options.quantize_input;
  const std::vector<NodeId> readers = graph.readers(id);
  const bool summed = weight_of(layer) != nullptr || std::holds_alternative<Add>(layer) ||
                      std::holds_alternative<BatchNormalization>(layer);
  return !(summed && readers.size() == 1 && is_fused(graph.node(readers[0]).layer) && !graph.is_output(id));
}

bool has_weights(const Graph& graph, NodeId id) {
  return weight_of(graph.node(id).layer) != nullptr;
}

// Marks `id` and what it takes its numbers from without computing.
void mark_handed_out(const Graph& graph, NodeId id, std::set<NodeId>& handed_out) {
  const Node& node = graph.node(id);
  if (!handed_out.insert(id).second) return;
  if (!only_moves(node.layer) && !std::holds_alternative<Concat>(node.layer)) return;
  for (const NodeId input : node.inputs) mark_handed_out(graph, input, handed_out);
}

// Values whose integers are the network's results: what its outputs, or the tail in front of them, are made of.
std::set<NodeId> handed_out_values(const Graph& graph) {
  std::set<NodeId> handed_out;
  const Graph heads = remove_output_tail(graph);
  for (const Output& output : heads.outputs()) mark_handed_out(graph, output.node, handed_out);
  return handed_out;
}

// Values that get the bits of activations; what is joined may be of whatever.
bool is_activation(const Graph& graph, NodeId id) {
  const Layer& layer = graph.node(id).layer;
  return activates(layer) || std::holds_alternative<Concat>(layer) || is_multiplied(graph, id);
}

NodeBits own_bits(const PostTrainingOptions& options, const std::string& name) {
  const auto found = options.node_bits.find(name);
  return found == options.node_bits.end() ? NodeBits{} : found->second;
}

void check_node_bits(const Graph& graph, const PostTrainingOptions& options) {
  for (const auto& [name, bits] : options.node_bits)
    if (!graph.find(name)) throw std::invalid_argument("post-training quantization: no node is called '" + name + "'");
}

}  // namespace

std::vector<NodeId> edge_layers(const Graph& graph) {
  std::set<NodeId> inside;  // values with a layer with weights before them
  for (const NodeId id : graph.order()) {
    const std::vector<NodeId>& inputs = graph.node(id).inputs;
    if (std::any_of(inputs.begin(), inputs.end(),
                    [&](NodeId input) { return has_weights(graph, input) || inside.contains(input); }))
      inside.insert(id);
  }
  std::set<NodeId> followed;  // values that a layer with weights reads in the end
  for (auto id = graph.order().rbegin(); id != graph.order().rend(); ++id)
    if (has_weights(graph, *id) || followed.contains(*id))
      followed.insert(graph.node(*id).inputs.begin(), graph.node(*id).inputs.end());
  std::vector<NodeId> edges;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(edges),
               [&](NodeId id) { return has_weights(graph, id) && (!inside.contains(id) || !followed.contains(id)); });
  return edges;
}

std::vector<NodeId> activation_values(const Graph& graph, const PostTrainingOptions& options) {
  const std::set<NodeId> handed_out = handed_out_values(graph);
  std::set<NodeId> stream;
  if (options.residual_bits > 0) stream = residual_stream(graph);
  std::vector<NodeId> tail;
  if (options.places == Places::every_value) tail = output_tail(graph);
  std::vector<NodeId> values;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(values), [&](NodeId id) {
    return is_activation(graph, id) && !only_moves(graph.node(id).layer) && is_stored(graph, id, options) &&
           !handed_out.contains(id) && !stream.contains(id) && std::find(tail.begin(), tail.end(), id) == tail.end();
  });
  return values;
}

Graph quantize_weights(Graph graph, const PostTrainingOptions& options) {
  const std::vector<NodeId> edges = edge_layers(graph);
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    if (!has_weights(graph, id)) continue;
    Layer layer = graph.node(id).layer;
    WeightOptions weights = options.weights;
    const bool edge = std::find(edges.begin(), edges.end(), id) != edges.end();
    if (edge && options.edge_weight_bits > 0) weights.bits = options.edge_weight_bits;
    if (const int bits = own_bits(options, graph.node(id).name).weights; bits > 0) weights.bits = bits;
    *weight_quantization_of(layer) = calibrate_weights(*weight_of(layer), weights);
    graph.replace(id, std::move(layer));
  }
  return graph;
}

Graph quantize_values(Graph graph, const std::map<NodeId, Statistics>& statistics, const PostTrainingOptions& options) {
  CalibratorOptions ends = options.activations, outputs = options.activations, sums = options.activations;
  ends.bits = std::max(ends.bits, kLeastEndBits);
  outputs.bits = options.output_bits > 0 ? options.output_bits : ends.bits;
  if (options.sum_bits > 0) sums.bits = options.sum_bits;
  CalibratorOptions residual = sums;
  if (options.residual_bits > 0) residual.bits = options.residual_bits;
  const std::set<NodeId> handed_out = handed_out_values(graph), stream = residual_stream(graph);
  const auto general_options = [&](NodeId id) {
    const Layer& layer = graph.node(id).layer;
    if (handed_out.contains(id)) return outputs;
    if (std::holds_alternative<Input>(layer)) return ends;
    if (options.residual_bits > 0 && stream.contains(id)) return residual;
    return is_activation(graph, id) ? options.activations : sums;
  };
  const auto options_for = [&](NodeId id) {
    CalibratorOptions own = general_options(id);
    if (const int bits = own_bits(options, graph.node(id).name).value; bits > 0) own.bits = bits;
    return own;
  };
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const Node& n = graph.node(id);
    if (only_moves(n.layer)) {
      graph.set_quantization(id, graph.node(n.inputs[0]).quantization);
    } else if (is_stored(graph, id, options)) {
      const bool input = std::holds_alternative<Input>(n.layer);
      const bool pixels = input && id == graph.inputs()[0];
      const Quantization q = pixels && options.input ? *options.input : calibrate(statistics.at(id), options_for(id));
      // An input is bytes from outside; every other value has the form that files give back.
      graph.set_quantization(id, input ? as_unsigned(q) : canonical(q));
    }
  }
  if (options.places == Places::every_value)
    for (const NodeId id : output_tail(graph)) graph.set_quantization(id, std::nullopt);
  return graph;
}

Graph quantize_post_training(const Graph& graph, std::span<const float> images, int64_t count,
                             const PostTrainingOptions& options) {
  const Graph simple = simplify(graph);
  check_node_bits(simple, options);
  return quantize_values(quantize_weights(simple, options), collect_statistics(simple, images, count), options);
}

}  // namespace flashcell::quant
