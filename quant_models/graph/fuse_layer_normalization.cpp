#include <algorithm>
#include <tuple>

#include "quant_models/graph/pieces.hpp"
#include "quant_models/graph/simplify.hpp"

// Layer normalization before operator set 17, and in all of Keras': means, a difference, a square, a root, a quotient.
namespace flashcell::quant {
namespace {

/// What is normalized, and over how many of its last dimensions.
struct Over {
  NodeId x = 0;
  size_t dimensions = 0;
  bool operator==(const Over&) const = default;
};

// The mean over the last dimensions.
std::optional<Over> mean_over(const Graph& graph, NodeId id) {
  if (!is_plain<ReduceMean>(graph, id)) return std::nullopt;
  const Node& node = graph.node(id);
  const auto& mean = std::get<ReduceMean>(node.layer);
  const auto rank = static_cast<int>(graph.node(node.inputs[0]).shape.size());
  std::vector<int> axes = mean.axes;
  for (int& axis : axes) axis = axis < 0 ? axis : axis - rank;
  std::sort(axes.begin(), axes.end());
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<int>(i) - static_cast<int>(axes.size())) return std::nullopt;
  if (!mean.keep_dimensions) return std::nullopt;
  return Over{node.inputs[0], axes.size()};
}

// x minus its mean, written as x + (-1) mean.
std::optional<Over> centred(const Graph& graph, NodeId id) {
  if (!is_plain<Add>(graph, id)) return std::nullopt;
  const std::vector<NodeId>& inputs = graph.node(id).inputs;
  for (const size_t i : {0U, 1U}) {
    const auto negative = with_numbers<Multiply>(graph, inputs[1 - i]);
    if (!negative || negative->numbers->values != std::vector<float>{-1}) continue;
    const auto over = mean_over(graph, negative->value);
    if (over && over->x == inputs[i]) return over;
  }
  return std::nullopt;
}

/// What is normalized, and the number under the root.
struct Spread {
  Over over;
  float epsilon = 0;
};

// The mean of (x - mean)^2, plus epsilon.
std::optional<Spread> variance(const Graph& graph, NodeId id) {
  const auto sum = with_numbers<Add>(graph, id);
  if (sum && sum->numbers->values.size() != 1) return std::nullopt;
  const auto square_mean = mean_over(graph, sum ? sum->value : id);
  if (!square_mean || !is_plain<Multiply>(graph, square_mean->x)) return std::nullopt;
  const std::vector<NodeId>& factors = graph.node(square_mean->x).inputs;
  const auto a = centred(graph, factors[0]), b = centred(graph, factors[1]);
  if (!a || !b || *a != *b || a->dimensions != square_mean->dimensions) return std::nullopt;
  return Spread{*a, sum ? sum->numbers->values[0] : 0.0F};
}

bool is_function(const Graph& graph, NodeId id, ElementwiseKind kind) {
  return is_plain<Elementwise>(graph, id) && std::get<Elementwise>(graph.node(id).layer).kind == kind;
}

std::optional<Spread> deviation(const Graph& graph, NodeId id) {
  if (!is_function(graph, id, ElementwiseKind::square_root)) return std::nullopt;
  return variance(graph, graph.node(id).inputs[0]);
}

std::optional<Spread> reciprocal_deviation(const Graph& graph, NodeId id) {
  const std::vector<NodeId>& inputs = graph.node(id).inputs;
  if (is_function(graph, id, ElementwiseKind::reciprocal)) return deviation(graph, inputs[0]);
  if (is_plain<Divide>(graph, id) && fixed_number(graph, inputs[0]) == 1.0) return deviation(graph, inputs[1]);
  if (!is_function(graph, id, ElementwiseKind::power)) return std::nullopt;
  if (std::get<Elementwise>(graph.node(id).layer).exponent != -0.5F) return std::nullopt;
  return variance(graph, inputs[0]);
}

// (x - mean) / deviation.
std::optional<Spread> normalized(const Graph& graph, NodeId id) {
  const std::vector<NodeId>& inputs = graph.node(id).inputs;
  const auto fits = [&](NodeId difference, const std::optional<Spread>& spread) {
    return spread && centred(graph, difference) == spread->over;
  };
  if (is_plain<Divide>(graph, id)) {
    const auto spread = deviation(graph, inputs[1]);
    if (fits(inputs[0], spread)) return spread;
  }
  if (!is_plain<Multiply>(graph, id)) return std::nullopt;
  for (const size_t i : {0U, 1U}) {
    const auto spread = reciprocal_deviation(graph, inputs[1 - i]);
    if (fits(inputs[i], spread)) return spread;
  }
  return std::nullopt;
}

// Numbers for each place of `shape`; none where they differ along other dimensions, or between places of one.
std::optional<Tensor> each_place(const Tensor& numbers, const Shape& shape) {
  Shape own = numbers.shape;
  while (own.size() > shape.size() && own.front() == 1) own.erase(own.begin());
  if (numbers.values.size() != 1 && own != shape) return std::nullopt;
  Tensor all{shape, numbers.values};
  all.values.resize(static_cast<size_t>(element_count(shape)), numbers.values[0]);
  return all;
}

// The only reader of a value, where it is a sum or product of this kind with numbers for each place of `shape`.
template <class Kind>
std::optional<std::pair<NodeId, Tensor>> next_with(const Graph& graph, NodeId id, const Shape& shape) {
  if (!has_one_reader(graph, id)) return std::nullopt;
  const NodeId reader = graph.readers(id)[0];
  const Node& node = graph.node(reader);
  if (!std::holds_alternative<Kind>(node.layer)) return std::nullopt;
  const Tensor* numbers = fixed_numbers(graph, node.inputs[node.inputs[0] == id ? 1 : 0]);
  auto all = numbers == nullptr ? std::nullopt : each_place(*numbers, shape);
  if (!all || node.shape != graph.node(id).shape) return std::nullopt;
  return std::pair(reader, std::move(*all));
}

}  // namespace

Graph fuse_layer_normalization(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const auto spread = normalized(graph, id);
    if (!spread) continue;
    const Shape& in = graph.node(spread->over.x).shape;
    const Shape together(in.end() - static_cast<ptrdiff_t>(spread->over.dimensions), in.end());
    LayerNormalization layer{each_place({{}, {1}}, together).value(), each_place({{}, {0}}, together).value(),
                             spread->epsilon};
    NodeId last = id;
    if (auto scale = next_with<Multiply>(graph, last, together)) std::tie(last, layer.scale) = std::move(*scale);
    if (auto bias = next_with<Add>(graph, last, together)) std::tie(last, layer.bias) = std::move(*bias);
    graph.replace(last, std::move(layer), {spread->over.x});
  }
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
