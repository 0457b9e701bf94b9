#include "quant_models/quantize/repq.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "quant_models/calibrate/percentile_search.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/attention.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/norm_reparameterization.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

constexpr int kInputBits = 8;
constexpr int64_t kRangeBatch = 4;

bool is_product(const Graph& graph, NodeId id) {
  return std::holds_alternative<Product>(graph.node(id).layer);
}

// Values that matrix products read, at the nodes that make them.
std::set<NodeId> operands(const Graph& graph) {
  std::set<NodeId> found;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool has_weights = weight_of(node.layer) != nullptr;
    if (!has_weights && !is_product(graph, id)) continue;
    for (const NodeId input : node.inputs)
      if (!std::holds_alternative<Constant>(graph.node(input).layer)) found.insert(origin_of(graph, input));
  }
  return found;
}

/// Some rows (along the last dimension) of each value, spread evenly over the images.
class Samples {
 public:
  Samples(const Graph& graph, const std::set<NodeId>& values, std::span<const float> images, int64_t count,
          int64_t most) {
    std::map<NodeId, int64_t> seen;                                      // rows
    const int64_t batch = graph.node(graph.inputs().at(0)).shape.at(0);  // not always a value's first extent
    run_all(graph, images, count, kRangeBatch, [&](NodeId id, std::span<const float> value) {
      if (!values.contains(id)) return;
      const Shape& shape = graph.node(id).shape;
      const auto row = static_cast<size_t>(shape.back());
      const int64_t all = element_count(shape) / batch * count;
      const int64_t step = (all + most - 1) / most;
      int64_t& next = seen[id];
      for (size_t first = 0; first < value.size(); first += row)
        if (next++ % step == 0)
          numbers_[id].insert(numbers_[id].end(), value.begin() + static_cast<ptrdiff_t>(first),
                              value.begin() + static_cast<ptrdiff_t>(first + row));
    });
  }

  std::span<const float> of(NodeId id) const { return numbers_.at(id); }

 private:
  std::map<NodeId, std::vector<float>> numbers_;
};

// Layers with weights that read the value along its last dimension, directly or chosen tokens of it; empty where
// anything else reads it too.
std::vector<NodeId> readers_by_channel(const Graph& graph, NodeId id, int64_t channels) {
  std::vector<NodeId> found;
  if (graph.is_output(id)) return {};
  for (const NodeId reader : graph.readers(id)) {
    const Node& node = graph.node(reader);
    if (std::holds_alternative<FullyConnected>(node.layer)) {
      found.push_back(reader);
      continue;
    }
    const Shape& in = graph.node(id).shape;
    const auto* gather = std::get_if<Gather>(&node.layer);
    const auto* slice = std::get_if<Slice>(&node.layer);
    const int last = static_cast<int>(in.size()) - 1;
    const bool keeps = (gather != nullptr && gather->axis != last) || (slice != nullptr && slice->axis != last) ||
                       std::holds_alternative<Reshape>(node.layer);
    if (!keeps || node.shape.back() != channels) return {};
    const std::vector<NodeId> behind = readers_by_channel(graph, reader, channels);
    if (behind.empty()) return {};
    found.insert(found.end(), behind.begin(), behind.end());
  }
  return found;
}

// Makes one scale of one for each channel; none where the value is not read by layers with weights alone.
std::optional<Quantization> reparameterize(Graph& graph, NodeId id, std::span<const float> numbers, int bits) {
  LayerNormalization norm = std::get<LayerNormalization>(graph.node(id).layer);
  const int64_t channels = graph.node(id).shape.back();
  if (norm.scale.values.size() != static_cast<size_t>(channels)) return std::nullopt;  // over several dimensions
  const std::vector<NodeId> readers = readers_by_channel(graph, id, channels);
  if (readers.empty()) return std::nullopt;
  const std::vector<AffineSteps> steps = search_affine_by_channel(numbers, static_cast<size_t>(channels), bits);
  const Quantization q = storable({1, NormReparameterization::mean_zero_point(steps)}, bits);
  const NormReparameterization change(steps, q.zero_point[0]);
  change.change_norm(norm.scale, norm.bias);
  graph.replace(id, std::move(norm));
  for (const NodeId reader : readers) {
    FullyConnected layer = std::get<FullyConnected>(graph.node(reader).layer);
    change.change_reader(layer.weight, layer.bias);
    graph.replace(reader, std::move(layer));
  }
  return storable(change.steps(), bits);
}

double square_error(std::span<const float> numbers, const Quantization& q) {
  std::vector<float> stored(numbers.begin(), numbers.end());
  fake_quantize(stored, {static_cast<int64_t>(stored.size())}, q);
  double sum = 0;
  for (size_t i = 0; i < stored.size(); ++i)
    sum += std::pow(static_cast<double>(stored[i]) - static_cast<double>(numbers[i]), 2);
  return sum;
}

Quantization behind_softmax(std::span<const float> numbers, const RepqOptions& options) {
  const Quantization log =
      search_log_sqrt2(numbers, std::min(options.value_bits, kMostLogBits), options.narrow_softmax);
  if (options.always_log) return log;
  const Quantization even = storable(search_affine(numbers, options.value_bits), options.value_bits);
  return square_error(numbers, even) < square_error(numbers, log) ? even : log;
}

Quantization quantization_of(Graph& graph, NodeId id, std::span<const float> numbers, const RepqOptions& options) {
  const Layer& layer = graph.node(id).layer;
  if (std::holds_alternative<Input>(layer))
    return options.input && id == graph.inputs()[0] ? as_unsigned(*options.input)
                                                    : storable(search_affine(numbers, kInputBits), kInputBits);
  if (std::holds_alternative<Softmax>(layer)) return behind_softmax(numbers, options);
  if (std::holds_alternative<LayerNormalization>(layer))
    if (const std::optional<Quantization> q = reparameterize(graph, id, numbers, options.value_bits)) return *q;
  return storable(search_affine(numbers, options.value_bits), options.value_bits);
}

}  // namespace

Graph quantize_repq(const Graph& original, std::span<const float> images, int64_t count, const RepqOptions& options) {
  if (options.value_bits < kMinBits || options.value_bits > kMaxBits || options.most_numbers < 1)
    throw std::invalid_argument("quantize_repq: bits or numbers are out of range");
  Graph graph = simplify(original);
  const std::vector<NodeId> order = graph.order();
  if (std::none_of(order.begin(), order.end(), [&](NodeId id) { return is_product(graph, id); }))
    throw ModelError("has no product of two values: it is no transformer; leave out --repq");
  const std::set<NodeId> values = operands(graph);
  const Samples samples(graph, values, images, count, options.most_numbers);
  for (const NodeId id : order)
    if (values.contains(id)) graph.set_quantization(id, quantization_of(graph, id, samples.of(id), options));
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    if (only_moves(node.layer) && !values.contains(id))
      graph.set_quantization(id, graph.node(node.inputs[0]).quantization);
  }
  PostTrainingOptions weights;
  weights.weights = options.weights;
  weights.edge_weight_bits = options.edge_weight_bits;
  return quantize_weights(std::move(graph), weights);
}

}  // namespace flashcell::quant
