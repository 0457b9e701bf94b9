#include "quant_models/quantize/equalization.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant {
namespace {

constexpr int kMostRounds = 50;
constexpr double kBalanced = 0.01;

struct Pair {
  NodeId first = 0, second = 0;
};

bool is_depthwise(const Convolution& c) {
  return c.groups > 1 && c.weight.shape[1] == 1 && c.weight.shape[0] == c.groups;
}

const Convolution* usable(const Graph& graph, NodeId id) {
  const Convolution* c = std::get_if<Convolution>(&graph.node(id).layer);
  return c != nullptr && (c->groups == 1 || is_depthwise(*c)) && !c->weight_quantization ? c : nullptr;
}

// The only reader of a value that is real and no output.
std::optional<NodeId> only_reader_of_real(const Graph& graph, NodeId id) {
  const std::vector<NodeId> readers = graph.readers(id);
  const bool single = readers.size() == 1 && !graph.is_output(id) && !graph.node(id).quantization;
  return single ? std::optional(readers[0]) : std::nullopt;
}

std::vector<Pair> find_pairs(const Graph& graph) {
  std::vector<Pair> pairs;
  for (const NodeId first : graph.order()) {
    if (usable(graph, first) == nullptr) continue;
    std::optional<NodeId> next = only_reader_of_real(graph, first);
    if (!next) continue;
    const Activation* a = std::get_if<Activation>(&graph.node(*next).layer);
    const bool scales_along =
        a != nullptr && (a->kind == ActivationKind::relu || a->kind == ActivationKind::leaky_relu);
    if (scales_along) next = only_reader_of_real(graph, *next);
    if (next && usable(graph, *next) != nullptr) pairs.push_back({first, *next});
  }
  return pairs;
}

// Calls visit(weight) for all weights that meet input channel `channel`.
template <class Visit>
void for_input_channel(Convolution& c, size_t channel, Visit visit) {
  const auto in = static_cast<size_t>(c.weight.shape[1]);
  const size_t kernel = static_cast<size_t>(c.weight.shape[2] * c.weight.shape[3]);
  if (is_depthwise(c)) {
    for (size_t i = channel * kernel; i < (channel + 1) * kernel; ++i) visit(c.weight.values[i]);
    return;
  }
  for (size_t o = 0; o < static_cast<size_t>(c.weight.shape[0]); ++o)
    for (size_t i = 0; i < kernel; ++i) visit(c.weight.values[(o * in + channel) * kernel + i]);
}

// The largest factor, as its distance from 1 on a logarithmic scale.
double equalize(Convolution& first, Convolution& second) {
  const auto channels = static_cast<size_t>(first.weight.shape[0]);
  const size_t each = first.weight.values.size() / channels;
  double most = 0;
  for (size_t c = 0; c < channels; ++c) {
    float out = 0, in = 0;
    for (size_t i = c * each; i < (c + 1) * each; ++i) out = std::max(out, std::abs(first.weight.values[i]));
    for_input_channel(second, c, [&](float& w) { in = std::max(in, std::abs(w)); });
    if (out == 0 || in == 0) continue;
    const float factor = std::sqrt(out * in) / in;
    if (!std::isnormal(factor)) continue;
    most = std::max(most, std::abs(std::log(static_cast<double>(factor))));
    for (size_t i = c * each; i < (c + 1) * each; ++i) first.weight.values[i] /= factor;
    if (!first.bias.empty()) first.bias.values[c] /= factor;
    for_input_channel(second, c, [&](float& w) { w *= factor; });
  }
  return most;
}

}  // namespace

Graph equalize_layers(Graph graph) {
  const std::vector<Pair> pairs = find_pairs(graph);
  for (int round = 0; round < kMostRounds; ++round) {
    double most = 0;
    for (const Pair& pair : pairs) {
      Convolution first = std::get<Convolution>(graph.node(pair.first).layer);
      Convolution second = std::get<Convolution>(graph.node(pair.second).layer);
      most = std::max(most, equalize(first, second));
      graph.replace(pair.first, std::move(first));
      graph.replace(pair.second, std::move(second));
    }
    if (most < kBalanced) break;
  }
  return graph;
}

}  // namespace flashcell::quant
