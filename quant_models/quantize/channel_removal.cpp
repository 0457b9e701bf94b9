#include "quant_models/quantize/channel_removal.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "quant_models/quantize/only_reader.hpp"

namespace flashcell::quant {
namespace {

bool is_dense(const Layer& layer) {
  const Convolution* c = std::get_if<Convolution>(&layer);
  return (c != nullptr && c->groups == 1) || std::holds_alternative<FullyConnected>(layer);
}

bool is_depthwise(const Layer& layer) {
  const Convolution* c = std::get_if<Convolution>(&layer);
  return c != nullptr && c->groups > 1 && c->groups == c->weight.shape[0] && c->weight.shape[1] == 1;
}

bool keeps_channels_apart(const Layer& layer) {
  return std::holds_alternative<Activation>(layer) || std::holds_alternative<Pool>(layer) ||
         std::holds_alternative<GlobalPool>(layer) || std::holds_alternative<BatchNormalization>(layer) ||
         is_depthwise(layer);
}

std::optional<ChannelChain> chain_from(const Graph& graph, NodeId first) {
  const Shape& shape = graph.node(first).shape;
  ChannelChain chain{first, {}, 0, shape.back()};
  if (std::holds_alternative<Convolution>(graph.node(first).layer)) chain.channels = shape[1];
  for (auto next = only_reader(graph, first); next; next = only_reader(graph, *next)) {
    const Layer& layer = graph.node(*next).layer;
    // One kind reads another's channels in their order only where both have as many dimensions.
    if (is_dense(layer) && layer.index() == graph.node(first).layer.index()) {
      chain.last = *next;
      return chain;
    }
    if (!keeps_channels_apart(layer)) return std::nullopt;
    chain.between.push_back(*next);
  }
  return std::nullopt;
}

// Of a tensor outer x channels x inner only some channels.
void keep(Tensor& tensor, size_t axis, std::span<const int64_t> kept) {
  if (tensor.empty()) return;
  size_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<size_t>(tensor.shape[i]);
  for (size_t i = axis + 1; i < tensor.shape.size(); ++i) inner *= static_cast<size_t>(tensor.shape[i]);
  const auto channels = static_cast<size_t>(tensor.shape[axis]);
  std::vector<float> values;
  for (size_t o = 0; o < outer; ++o)
    for (const int64_t channel : kept) {
      const auto first =
          tensor.values.begin() + static_cast<ptrdiff_t>((o * channels + static_cast<size_t>(channel)) * inner);
      values.insert(values.end(), first, first + static_cast<ptrdiff_t>(inner));
    }
  tensor.values = std::move(values);
  tensor.shape[axis] = static_cast<int64_t>(kept.size());
}

void keep(std::optional<Quantization>& quantization, std::span<const int64_t> kept) {
  if (!quantization || !quantization->per_channel()) return;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  for (const int64_t channel : kept) {
    scale.push_back(quantization->scale.at(static_cast<size_t>(channel)));
    zero_point.push_back(quantization->zero_point.at(static_cast<size_t>(channel)));
  }
  quantization->scale = std::move(scale);
  quantization->zero_point = std::move(zero_point);
}

// Only some of what the layer makes.
Layer with_outputs(Layer layer, std::span<const int64_t> kept) {
  if (BatchNormalization* norm = std::get_if<BatchNormalization>(&layer)) {
    for (Tensor* tensor : {&norm->scale, &norm->bias, &norm->mean, &norm->variance}) keep(*tensor, 0, kept);
    return layer;
  }
  Tensor* weight = weight_of(layer);
  if (weight == nullptr) return layer;
  keep(*weight, 0, kept);
  keep(*bias_of(layer), 0, kept);
  keep(*weight_quantization_of(layer), kept);
  if (Convolution* c = std::get_if<Convolution>(&layer); c != nullptr && c->groups > 1)
    c->groups = static_cast<int>(kept.size());
  return layer;
}

}  // namespace

std::vector<ChannelChain> find_channel_chains(const Graph& graph) {
  std::vector<ChannelChain> chains;
  for (const NodeId id : graph.order()) {
    if (!is_dense(graph.node(id).layer)) continue;
    if (const auto chain = chain_from(graph, id)) chains.push_back(*chain);
  }
  return chains;
}

Graph keep_channels(Graph graph, const ChannelChain& chain, std::span<const int64_t> kept) {
  const bool rising = std::is_sorted(kept.begin(), kept.end(), std::less_equal<>());
  if (kept.empty() || !rising || kept.front() < 0 || kept.back() >= chain.channels)
    throw std::invalid_argument("keep_channels: channels are to be rising and of the chain");
  // Between the edits shapes do not fit: the chain is built anew beside the old nodes' names.
  Graph smaller;
  std::vector<NodeId> ids(graph.id_limit(), 0);
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    Layer layer = node.layer;
    const bool inside = std::find(chain.between.begin(), chain.between.end(), id) != chain.between.end();
    if (id == chain.first || inside) layer = with_outputs(std::move(layer), kept);
    if (id == chain.last) keep(*weight_of(layer), 1, kept);
    std::vector<NodeId> inputs;
    for (const NodeId input : node.inputs) inputs.push_back(ids[static_cast<size_t>(input)]);
    ids[static_cast<size_t>(id)] = smaller.add(node.name, std::move(layer), std::move(inputs));
    smaller.set_quantization(ids[static_cast<size_t>(id)], node.quantization);
  }
  for (const Output& output : graph.outputs()) smaller.add_output(output.name, ids[static_cast<size_t>(output.node)]);
  return smaller;
}

}  // namespace flashcell::quant
