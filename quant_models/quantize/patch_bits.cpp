#include "quant_models/quantize/patch_bits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/attention.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kPatchBatch = 4;

/// A value that bits are given to, and what they cost.
struct Tokens {
  NodeId node = 0;
  Quantization quantization;       // as it was
  int64_t count = 0, numbers = 0;  // tokens, and numbers of one
  double sensitivity = 0;
  std::vector<std::vector<double>> errors;  // by choice and token: sums of squares over the images
};

/// Bits of one value's tokens.
struct Allotment {
  size_t few = 0;          // choice; `many` is the next one
  std::vector<bool> many;  // by token
  double bits = 0;         // of all its numbers
};

Graph in_real_numbers(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) graph.set_quantization(id, std::nullopt);
  return graph;
}

// The same range in another number of bits.
Quantization with_bits(const Quantization& q, int bits) {
  Quantization other = q;
  const double steps = q.highest() - q.lowest();
  other.bits = bits;
  const double ratio = (other.highest() - other.lowest()) / steps;
  other.scale[0] = static_cast<float>(q.scale[0] / ratio);
  const double zero_point = std::nearbyint((q.zero_point[0] - q.lowest()) * ratio) + other.lowest();
  other.zero_point[0] = std::clamp(static_cast<int32_t>(zero_point), other.lowest(), other.highest());
  return other;
}

std::vector<Tokens> find_values(const Graph& graph) {
  std::map<NodeId, Tokens> found;
  for (const NodeId id : graph.order()) {
    const Node& reader = graph.node(id);
    if (!std::holds_alternative<FullyConnected>(reader.layer)) continue;
    const NodeId origin = origin_of(graph, reader.inputs[0]);
    const Node& node = graph.node(origin);
    const bool fits = node.quantization && node.quantization->kind == QuantizationKind::affine &&
                      !node.quantization->per_channel() && node.shape.size() > 2 &&
                      node.shape[node.shape.size() - 2] > 1;
    if (!fits || std::holds_alternative<Input>(node.layer)) continue;
    const int64_t tokens = node.shape[node.shape.size() - 2];
    found[origin] = {origin, *node.quantization, tokens, element_count(node.shape) / tokens, 0, {}};
  }
  std::vector<Tokens> values;
  for (const NodeId id : graph.order())
    if (found.contains(id)) values.push_back(found.at(id));
  return values;
}

void measure_errors(const Graph& real, std::span<const float> images, int64_t count, const std::vector<int>& choices,
                    std::vector<Tokens>& values) {
  std::map<NodeId, Tokens*> by_node;
  for (Tokens& each : values) {
    each.errors.assign(choices.size(), std::vector<double>(static_cast<size_t>(each.count), 0.0));
    by_node[each.node] = &each;
  }
  run_all(real, images, count, kPatchBatch, [&](NodeId id, std::span<const float> value) {
    const auto at = by_node.find(id);
    if (at == by_node.end()) return;
    Tokens& tokens = *at->second;
    const auto length = static_cast<size_t>(real.node(id).shape.back());
    for (size_t c = 0; c < choices.size(); ++c) {
      std::vector<float> stored(value.begin(), value.end());
      fake_quantize(stored, {static_cast<int64_t>(stored.size())}, with_bits(tokens.quantization, choices[c]));
      for (size_t i = 0; i < stored.size(); ++i)
        tokens.errors[c][i / length % static_cast<size_t>(tokens.count)] +=
            std::pow(static_cast<double>(stored[i]) - static_cast<double>(value[i]), 2);
    }
  });
}

double square_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return sum;
}

void measure_sensitivities(const Graph& real, std::span<const float> images, int64_t count,
                           const std::vector<int>& choices, std::vector<Tokens>& values) {
  const std::vector<float> wanted = run_all(real, images, count, kPatchBatch);
  const double size = std::max(square_difference(wanted, std::vector<float>(wanted.size(), 0.0F)), 1e-30);
  for (Tokens& each : values) {
    Graph one = real;
    one.set_quantization(each.node, with_bits(each.quantization, choices[0]));
    double error = 0;
    for (const double token : each.errors[0]) error += token;
    const double moved = square_difference(run_all(one, images, count, kPatchBatch), wanted) / size;
    each.sensitivity = error > 0 ? moved / error : 0;
  }
}

// The cheapest bits where each bit of a number costs `price`.
Allotment cheapest(const Tokens& value, const std::vector<int>& choices, double price) {
  Allotment best;
  double least = INFINITY;
  for (size_t few = 0; few + 1 < choices.size(); ++few) {
    Allotment next{few, std::vector<bool>(static_cast<size_t>(value.count)), 0};
    double cost = 0;
    for (size_t t = 0; t < next.many.size(); ++t) {
      const auto of = [&](size_t choice) {
        return value.sensitivity * value.errors[choice][t] +
               price * choices[choice] * static_cast<double>(value.numbers);
      };
      next.many[t] = of(few + 1) < of(few);
      const size_t choice = few + (next.many[t] ? 1 : 0);
      cost += of(choice);
      next.bits += static_cast<double>(choices[choice]) * static_cast<double>(value.numbers);
    }
    if (!(cost < least)) continue;
    least = cost;
    best = std::move(next);
  }
  return best;
}

double mean_bits(const std::vector<Tokens>& values, const std::vector<Allotment>& allotments) {
  double bits = 0, numbers = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    bits += allotments[i].bits;
    numbers += static_cast<double>(values[i].count) * static_cast<double>(values[i].numbers);
  }
  return bits / numbers;
}

std::vector<Allotment> allot(const std::vector<Tokens>& values, const PatchBitsOptions& options) {
  const auto at_price = [&](double price) {
    std::vector<Allotment> all;
    for (const Tokens& each : values) all.push_back(cheapest(each, options.choices, price));
    return all;
  };
  // Between a price at which all take the fewest bits and none: halved in its logarithm.
  double high = 1, low = 1e-30;
  constexpr int kHalvings = 100;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = std::sqrt(low * high);
    (mean_bits(values, at_price(middle)) > options.mean_bits ? low : high) = middle;
  }
  return at_price(high);
}

// What only hands the value on was stored as it was; its parts now are.
void forget_storage(Graph& graph, NodeId node, const Quantization& q) {
  for (const NodeId reader : graph.readers(node)) {
    const Node& next = graph.node(reader);
    if (!only_moves(next.layer) || next.quantization != q) continue;
    graph.set_quantization(reader, std::nullopt);
    forget_storage(graph, reader, q);
  }
}

void part(Graph& graph, const Tokens& value, const Quantization& few, const Quantization& many,
          const std::vector<bool>& has_many) {
  const std::string name = graph.node(value.node).name;
  const int axis = static_cast<int>(graph.node(value.node).shape.size()) - 2;
  std::vector<int64_t> first, second, back(has_many.size());
  for (size_t t = 0; t < has_many.size(); ++t) (has_many[t] ? second : first).push_back(static_cast<int64_t>(t));
  for (size_t i = 0; i < has_many.size(); ++i) {
    const int64_t token = i < first.size() ? first[i] : second[i - first.size()];
    back[static_cast<size_t>(token)] = static_cast<int64_t>(i);
  }
  graph.set_quantization(value.node, std::nullopt);
  const NodeId whole = graph.insert_after(value.node, graph.free_name(name + ".patches"), Gather{axis, back});
  const NodeId a = graph.add(graph.free_name(name + ".few"), Gather{axis, first}, {value.node});
  const NodeId b = graph.add(graph.free_name(name + ".many"), Gather{axis, second}, {value.node});
  graph.set_quantization(a, few);
  graph.set_quantization(b, many);
  const NodeId joined = graph.add(graph.free_name(name + ".joined"), Concat{axis}, {a, b});
  graph.replace(whole, Gather{axis, back}, {joined});
  forget_storage(graph, whole, value.quantization);
}

// All tokens alike: the value and what hands it on.
void store_anew(Graph& graph, NodeId node, const Quantization& before, const Quantization& q) {
  graph.set_quantization(node, q);
  for (const NodeId reader : graph.readers(node)) {
    const Node& next = graph.node(reader);
    if (only_moves(next.layer) && next.quantization == before) store_anew(graph, reader, before, q);
  }
}

}  // namespace

PatchBitsResult allot_patch_bits(Graph quantized, std::span<const float> images, int64_t count,
                                 const PatchBitsOptions& options) {
  const std::vector<int>& choices = options.choices;
  if (choices.size() < 2 || choices.front() < kMinBits || choices.back() > kMaxBits ||
      std::adjacent_find(choices.begin(), choices.end(), std::greater_equal<>()) != choices.end() ||
      options.mean_bits < choices.front())
    throw std::invalid_argument("allot_patch_bits: choices must rise, from the mean's bits or fewer on");
  std::vector<Tokens> values = find_values(quantized);
  if (values.empty()) throw ModelError("has no values of tokens that layers with weights read");
  const Graph real = in_real_numbers(quantized);
  measure_errors(real, images, count, choices, values);
  measure_sensitivities(real, images, count, choices, values);
  const std::vector<Allotment> allotments = allot(values, options);
  PatchBitsResult result;
  for (size_t i = 0; i < values.size(); ++i) {
    const Allotment& a = allotments[i];
    const auto with_many = std::count(a.many.begin(), a.many.end(), true);
    const bool all = with_many == values[i].count, none = with_many == 0;
    const int few = choices[a.few + (all ? 1 : 0)], many = choices[a.few + (none ? 0 : 1)];
    const Quantization& before = values[i].quantization;
    result.values.push_back({quantized.node(values[i].node).name, values[i].sensitivity, few, many, with_many});
    if (few == many)
      store_anew(quantized, values[i].node, before, with_bits(before, few));
    else
      part(quantized, values[i], with_bits(before, few), with_bits(before, many), a.many);
  }
  result.mean_bits = mean_bits(values, allotments);
  result.graph = std::move(quantized);
  return result;
}

}  // namespace flashcell::quant
