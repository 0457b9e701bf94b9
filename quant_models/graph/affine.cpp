#include <algorithm>
#include <cmath>

#include "quant_models/graph/simplify.hpp"

namespace flashcell::quant {
namespace {

// y = factor * x + offset, one of each for every index of dimension `axis`.
struct Affine {
  size_t axis = 1;
  std::vector<double> factor, offset;
};

Affine affine_of(const BatchNormalization& norm) {
  Affine form;
  for (size_t c = 0; c < norm.scale.values.size(); ++c) {
    const double factor = norm.scale.values[c] / std::sqrt(static_cast<double>(norm.variance.values[c]) + norm.epsilon);
    form.factor.push_back(factor);
    form.offset.push_back(norm.bias.values[c] - factor * norm.mean.values[c]);
  }
  return form;
}

// A constant's numbers for each index of one dimension of `shape`; none where it differs along others.
std::optional<std::vector<double>> along(const Tensor& constant, const Shape& shape, size_t axis) {
  if (constant.shape.size() > shape.size()) return std::nullopt;
  const size_t missing = shape.size() - constant.shape.size();
  for (size_t i = 0; i < constant.shape.size(); ++i)
    if (constant.shape[i] != 1 && i + missing != axis) return std::nullopt;
  std::vector<double> numbers(constant.values.begin(), constant.values.end());
  if (numbers.size() == 1) numbers.assign(static_cast<size_t>(shape[axis]), numbers[0]);
  return numbers;
}

bool is_constant(const Graph& graph, NodeId id) {
  return std::holds_alternative<Constant>(graph.node(id).layer) && !graph.node(id).quantization;
}

// Fully connected layers act on the last dimension, everything else has its channels in the second.
size_t channel_axis(const Graph& graph, NodeId value) {
  const Node& node = graph.node(value);
  return std::holds_alternative<FullyConnected>(node.layer) ? node.shape.size() - 1 : 1;
}

/// What a node does to `value`, if it is no more than that.
struct Found {
  NodeId value = 0;
  Affine form;
};

std::optional<Found> find_affine(const Graph& graph, NodeId id, const SimplifyOptions& options) {
  const Node& node = graph.node(id);
  if (const auto* norm = std::get_if<BatchNormalization>(&node.layer)) {
    if (options.keep_batch_normalization) return std::nullopt;
    return Found{node.inputs[0], affine_of(*norm)};
  }
  const bool adds = std::holds_alternative<Add>(node.layer);
  if (!adds && !std::holds_alternative<Multiply>(node.layer)) return std::nullopt;
  const size_t constant = is_constant(graph, node.inputs[1]) ? 1 : 0;
  const NodeId value = node.inputs[1 - constant];
  if (!is_constant(graph, node.inputs[constant]) || is_constant(graph, value)) return std::nullopt;
  if (graph.node(value).shape != node.shape || node.shape.size() < 2) return std::nullopt;
  Affine form{channel_axis(graph, value), {}, {}};
  const Tensor& numbers = std::get<Constant>(graph.node(node.inputs[constant]).layer).value;
  const auto each = along(numbers, node.shape, form.axis);
  if (!each) return std::nullopt;
  form.factor = adds ? std::vector<double>(each->size(), 1) : *each;
  form.offset = adds ? *each : std::vector<double>(each->size(), 0);
  return Found{value, std::move(form)};
}

Tensor numbers(Shape shape, const std::vector<double>& values) {
  return {std::move(shape), {values.begin(), values.end()}};
}

void require_bias(Layer& layer) {
  const int64_t outputs = weight_of(layer)->shape[0];
  Tensor& bias = *bias_of(layer);
  if (bias.empty()) bias = {{outputs}, std::vector<float>(static_cast<size_t>(outputs), 0.0F)};
}

void fold_into(Layer& layer, const Affine& form) {
  require_bias(layer);
  Tensor &weight = *weight_of(layer), &bias = *bias_of(layer);
  const size_t channels = form.factor.size(), each = weight.values.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = c * each; i < (c + 1) * each; ++i)
      weight.values[i] = static_cast<float>(weight.values[i] * form.factor[c]);
    bias.values[c] = static_cast<float>(bias.values[c] * form.factor[c] + form.offset[c]);
  }
}

// W (g x + h) + b = (W g) x + (W h + b).
FullyConnected taking_in(FullyConnected layer, const Affine& form) {
  Layer any = std::move(layer);
  require_bias(any);
  FullyConnected result = std::get<FullyConnected>(std::move(any));
  const size_t inputs = form.factor.size();
  for (size_t o = 0; o < result.bias.values.size(); ++o) {
    double sum = result.bias.values[o];
    for (size_t i = 0; i < inputs; ++i) {
      float& weight = result.weight.values[o * inputs + i];
      sum += weight * form.offset[i];
      weight = static_cast<float>(weight * form.factor[i]);
    }
    result.bias.values[o] = static_cast<float>(sum);
  }
  return result;
}

Convolution pointwise(const Affine& form) {
  const auto channels = static_cast<int64_t>(form.factor.size());
  Convolution layer;
  layer.weight = numbers({channels, 1, 1, 1}, form.factor);
  layer.bias = numbers({channels}, form.offset);
  layer.groups = static_cast<int>(channels);
  return layer;
}

FullyConnected diagonal(const Affine& form) {
  const auto channels = static_cast<int64_t>(form.factor.size());
  FullyConnected layer{numbers({channels, channels}, std::vector<double>(form.factor.size() * form.factor.size(), 0)),
                       numbers({channels}, form.offset),
                       {}};
  for (size_t c = 0; c < form.factor.size(); ++c)
    layer.weight.values[c * form.factor.size() + c] = static_cast<float>(form.factor[c]);
  return layer;
}

// Whether nothing but one node sees the value as it is.
bool is_passed_on(const Graph& graph, NodeId id) {
  return graph.readers(id).size() == 1 && !graph.is_output(id) && !graph.node(id).quantization;
}

bool has_real_weights(const Graph& graph, NodeId id) {
  const auto* quantization = weight_quantization_of(graph.node(id).layer);
  return quantization != nullptr && !quantization->has_value();
}

// A sum only, which weights do not see.
bool is_offset(const Affine& form) {
  return std::all_of(form.factor.begin(), form.factor.end(), [](double factor) { return factor == 1; });
}

bool folds_back(const Graph& graph, const Found& found) {
  const bool takes = has_real_weights(graph, found.value) ||
                     (weight_of(graph.node(found.value).layer) != nullptr && is_offset(found.form));
  return takes && is_passed_on(graph, found.value) && channel_axis(graph, found.value) == found.form.axis;
}

// The fully connected layer behind, where it can take the node in.
std::optional<NodeId> reader_to_fold_into(const Graph& graph, NodeId id, const Found& found) {
  if (!is_passed_on(graph, id)) return std::nullopt;
  const NodeId reader = graph.readers(id)[0];
  const bool fits = std::holds_alternative<FullyConnected>(graph.node(reader).layer) &&
                    has_real_weights(graph, reader) && found.form.axis + 1 == graph.node(id).shape.size();
  return fits ? std::optional(reader) : std::nullopt;
}

void fold_back(Graph& graph, NodeId id, const Found& found) {
  Layer layer = graph.node(found.value).layer;
  fold_into(layer, found.form);
  const std::optional<Quantization> quantization = graph.node(id).quantization;
  graph.replace(found.value, std::move(layer));
  graph.replace(id, pass_through(graph.node(id).shape.size()), {found.value});
  graph.remove(id);
  graph.set_quantization(found.value, quantization);
}

void make_layer(Graph& graph, NodeId id, const Found& found) {
  const Shape& shape = graph.node(id).shape;
  if (shape.size() == 4 && found.form.axis == 1) {
    graph.replace(id, pointwise(found.form), {found.value});
  } else if (shape.size() == 2 && shape[1] <= kMostDiagonal) {
    graph.replace(id, diagonal(found.form), {found.value});
  }
}

}  // namespace

Graph fold_affine(Graph graph, const SimplifyOptions& options) {
  const std::vector<NodeId> order = graph.order();
  // From the end: of a product and a sum in a row the fully connected layer behind takes the sum, then the product.
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const auto found = find_affine(graph, *id, options);
    if (!found || folds_back(graph, *found)) continue;
    const auto reader = reader_to_fold_into(graph, *id, *found);
    if (!reader) continue;
    graph.replace(*reader, taking_in(std::get<FullyConnected>(graph.node(*reader).layer), found->form), {found->value});
    graph.remove(*id);
  }
  graph.remove_unused();
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const auto found = find_affine(graph, id, options);
    if (found) folds_back(graph, *found) ? fold_back(graph, id, *found) : make_layer(graph, id, *found);
  }
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
