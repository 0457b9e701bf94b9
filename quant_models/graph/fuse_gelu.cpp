#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "quant_models/graph/pieces.hpp"
#include "quant_models/graph/simplify.hpp"

// GELU before operator set 20: sums and products of x, erf or tanh of a polynomial in x, and numbers, in whatever order
// an exporter chose. Every value is read as P(x) + Q(x) t, where t is the erf or tanh; GELU is x / 2 + x / 2 t.
namespace flashcell::quant {
namespace {

constexpr size_t kTerms = 4;  // up to x^3
constexpr int kMostSteps = 8;
constexpr double kTolerance = 3e-4;  // of numbers that a file may hold in half precision

using Polynomial = std::array<double, kTerms>;  // ascending powers

struct Form {
  Polynomial p{}, q{};
};

bool is_zero(const Polynomial& polynomial) {
  return std::all_of(polynomial.begin(), polynomial.end(), [](double c) { return c == 0; });
}

std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b) {
  Polynomial result{};
  for (size_t i = 0; i < kTerms; ++i) {
    for (size_t j = 0; j < kTerms; ++j) {
      if (a[i] == 0 || b[j] == 0) continue;
      if (i + j >= kTerms) return std::nullopt;
      result[i + j] += a[i] * b[j];
    }
  }
  return result;
}

Polynomial sum(const Polynomial& a, const Polynomial& b) {
  Polynomial result;
  for (size_t i = 0; i < kTerms; ++i) result[i] = a[i] + b[i];
  return result;
}

std::optional<Form> product(const Form& a, const Form& b) {
  if (!is_zero(a.q) && !is_zero(b.q)) return std::nullopt;
  const auto p = product(a.p, b.p), one = product(a.p, b.q), other = product(a.q, b.p);
  if (!p || !one || !other) return std::nullopt;
  return Form{*p, sum(*one, *other)};
}

/// A function t of something of x.
struct Gate {
  NodeId x = 0, t = 0;
};

bool combines(const Graph& graph, NodeId id) {
  const Layer& layer = graph.node(id).layer;
  return std::holds_alternative<Add>(layer) || std::holds_alternative<Multiply>(layer);
}

std::optional<Form> form_of(const Graph& graph, NodeId id, const Gate& gate, int steps);

// Of a sum or product, however its value is stored.
std::optional<Form> combined_form(const Graph& graph, NodeId id, const Gate& gate, int steps) {
  const std::vector<NodeId>& inputs = graph.node(id).inputs;
  const auto a = form_of(graph, inputs[0], gate, steps);
  const auto b = a ? form_of(graph, inputs[1], gate, steps) : std::nullopt;
  if (!a || !b) return std::nullopt;
  if (std::holds_alternative<Add>(graph.node(id).layer)) return Form{sum(a->p, b->p), sum(a->q, b->q)};
  return product(*a, *b);
}

std::optional<Form> form_of(const Graph& graph, NodeId id, const Gate& gate, int steps) {
  if (id == gate.x) return Form{{0, 1}, {}};
  if (id == gate.t) return Form{{}, {1}};
  if (const auto number = fixed_number(graph, id)) return Form{{*number}, {}};
  if (steps == 0 || !combines(graph, id) || graph.node(id).quantization) return std::nullopt;
  return combined_form(graph, id, gate, steps - 1);
}

bool is_close(const Polynomial& a, const Polynomial& b) {
  for (size_t i = 0; i < kTerms; ++i)
    if (std::abs(a[i] - b[i]) > kTolerance * std::abs(b[i])) return false;
  return true;
}

// Values that sums and products make `id` of, itself included.
void collect_sources(const Graph& graph, NodeId id, int steps, std::set<NodeId>& sources) {
  if (fixed_numbers(graph, id) != nullptr || !sources.insert(id).second || steps == 0) return;
  if (!combines(graph, id)) return;
  for (const NodeId input : graph.node(id).inputs) collect_sources(graph, input, steps - 1, sources);
}

// Values that `id` is part of, itself included, in the graph's order.
void collect_readers(const Graph& graph, NodeId id, int steps, std::set<NodeId>& readers) {
  if (!readers.insert(id).second || steps == 0) return;
  for (const NodeId reader : graph.readers(id))
    if (combines(graph, reader)) collect_readers(graph, reader, steps - 1, readers);
}

// What erf or tanh is taken of, as GELU has it; none for other nodes.
std::optional<Polynomial> inside(const Graph& graph, NodeId t) {
  const Node& node = graph.node(t);
  if (node.quantization) return std::nullopt;
  const auto* function = std::get_if<Elementwise>(&node.layer);
  if (function != nullptr && function->kind == ElementwiseKind::error_function) return Polynomial{0, std::sqrt(0.5)};
  const auto* activation = std::get_if<Activation>(&node.layer);
  const double slope = std::sqrt(2 / M_PI);
  if (activation != nullptr && activation->kind == ActivationKind::tanh)
    return Polynomial{0, slope, 0, slope * 0.044715};
  return std::nullopt;
}

// The last node that is some number of times GELU, and that number; once GELU where there is such a one.
std::optional<std::pair<NodeId, double>> find_gelu(const Graph& graph, const Gate& gate) {
  std::set<NodeId> readers;
  collect_readers(graph, gate.t, 5, readers);
  std::optional<std::pair<NodeId, double>> found;
  for (const NodeId id : graph.order()) {
    if (!readers.contains(id) || !combines(graph, id)) continue;
    const auto form = combined_form(graph, id, gate, kMostSteps);
    if (!form || form->q[1] == 0 || !is_close(form->p, {0, form->q[1]}) || !is_close(form->q, {0, form->q[1]}))
      continue;
    const double times = 2 * form->q[1];
    const bool once = std::abs(times - 1) < kTolerance;
    if (once) return std::pair(id, 1.0);
    found = std::pair(id, times);
  }
  return found;
}

void put_gelu(Graph& graph, NodeId place, double times, NodeId x, bool by_tanh) {
  if (times == 1) return graph.replace(place, Gelu{by_tanh}, {x});
  const std::string name = graph.node(place).name;
  const NodeId gelu = graph.add(graph.free_name(name + ".gelu"), Gelu{by_tanh}, {x});
  const NodeId factor = graph.add(graph.free_name(name + ".factor"), Constant{{{}, {static_cast<float>(times)}}}, {});
  graph.replace(place, Multiply{}, {gelu, factor});
}

void fuse_gelu_at(Graph& graph, NodeId t) {
  const auto wanted = inside(graph, t);
  if (!wanted) return;
  std::set<NodeId> sources;
  collect_sources(graph, graph.node(t).inputs[0], kMostSteps, sources);
  for (const NodeId x : sources) {
    const Gate gate{x, t};
    const auto form = form_of(graph, graph.node(t).inputs[0], gate, kMostSteps);
    if (!form || !is_zero(form->q) || !is_close(form->p, *wanted)) continue;
    const auto found = find_gelu(graph, gate);
    if (found)
      return put_gelu(graph, found->first, found->second, x, std::holds_alternative<Activation>(graph.node(t).layer));
  }
}

}  // namespace

Graph fuse_gelu(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) fuse_gelu_at(graph, id);
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
