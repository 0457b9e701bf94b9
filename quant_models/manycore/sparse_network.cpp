#include "quant_models/manycore/sparse_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant::manycore {
namespace {

constexpr std::string_view kRandom = "random:";
constexpr int64_t kMostUnits = 10'000'000, kMostLayers = 1000, kMostSteps = 1'000'000;
constexpr int64_t kMostNonzeros = INT32_MAX;

Error wrong(std::string_view what, std::string_view text, std::string_view wanted) {
  return Error(Fault::usage, fmt::format("random: {} '{}': must be {}", what, text, wanted));
}

template <class Number>
Number number(std::string_view what, std::string_view text, Number low, Number high) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !(value >= low && value <= high))
    throw wrong(what, text, fmt::format("{}..{}", low, high));
  return value;
}

/// The parts of `text` between separators.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

using Setters = std::map<std::string_view, std::function<void(std::string_view key, std::string_view value)>>;

/// Reads `random:HEAD?key=value&…`; returns the head.
std::string_view read_spec(std::string_view spec, const Setters& setters) {
  if (!is_random_network(spec)) throw wrong("spec", spec, "random:…");
  spec.remove_prefix(kRandom.size());
  const size_t question = std::min(spec.find('?'), spec.size());
  if (question == spec.size()) return spec;
  for (const std::string_view pair : split(spec.substr(question + 1), '&')) {
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto setter = setters.find(pair.substr(0, equals));
    std::vector<std::string_view> known;
    for (const auto& entry : setters) known.push_back(entry.first);
    if (setter == setters.end())
      throw wrong("key", pair.substr(0, equals), fmt::format("one of {}", fmt::join(known, ", ")));
    setter->second(setter->first, equals < pair.size() ? pair.substr(equals + 1) : std::string_view());
  }
  return spec.substr(0, question);
}

void add_layers(std::string_view part, std::vector<int64_t>& hidden) {
  const size_t cross = std::min(part.find('x'), part.size());
  const auto units = number<int64_t>("layer", part.substr(0, cross), 1, kMostUnits);
  const int64_t times = cross < part.size() ? number<int64_t>("layer", part.substr(cross + 1), 1, kMostLayers) : 1;
  hidden.insert(hidden.end(), static_cast<size_t>(times), units);
  if (static_cast<int64_t>(hidden.size()) > kMostLayers) throw wrong("layers", part, fmt::format("1..{}", kMostLayers));
}

/// Places of the weights of a row that are there: the gaps between them are geometric.
void draw_row(Random& random, double density, double size, SparseRows<float>& rows) {
  const double log_absent = std::log1p(-density);
  for (double column = -1;;) {
    column += density >= 1 ? 1 : 1 + std::floor(std::log1p(-random.uniform()) / log_absent);
    if (!(column < rows.columns)) break;
    rows.places.push_back(static_cast<uint32_t>(column));
    const auto value = static_cast<float>(random.uniform(-size, size));
    rows.values.push_back(value == 0 ? static_cast<float>(size) : value);
  }
  rows.starts.push_back(static_cast<uint32_t>(rows.values.size()));
}

SparseRows<float> draw_matrix(const RandomNetwork& p, uint64_t layer, uint64_t side, int64_t rows, int64_t columns) {
  const double density = 1 - p.sparsity, expected = static_cast<double>(rows) * static_cast<double>(columns) * density;
  if (expected > 0.9 * static_cast<double>(kMostNonzeros))
    throw Error(Fault::usage, fmt::format("random: layer {} would have {:.3g} non-zeros in one matrix: at most {:.3g}",
                                          layer + 1, expected, 0.9 * static_cast<double>(kMostNonzeros)));
  SparseRows<float> matrix{static_cast<int>(columns), {0}, {}, {}};
  if (density <= 0) {
    matrix.starts.assign(static_cast<size_t>(rows) + 1, 0);
    return matrix;
  }
  const auto reserved = static_cast<size_t>(expected + 6 * std::sqrt(expected) + 16);
  matrix.places.reserve(reserved);
  matrix.values.reserve(reserved);
  matrix.starts.reserve(static_cast<size_t>(rows) + 1);
  const double size = std::sqrt(3 / std::max(1.0, density * static_cast<double>(columns)));
  for (int64_t row = 0; row < rows; ++row) {
    Random random(p.seed, {layer, side, static_cast<uint64_t>(row)});
    draw_row(random, density, size, matrix);
  }
  return matrix;
}

bool finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

void check(const RecurrentLayer<float>& layer, const std::string& network, size_t place) {
  const auto refuse = [&](const std::string& why) {
    throw Error(Fault::input, fmt::format("{}: layer {} {}", network, place + 1, why));
  };
  if (layer.cell != Cell::egru)
    refuse(fmt::format("is of {} cells, which the chip's elements have no program for: they run egru",
                       name_in(kCellNames, layer.cell)));
  if (!finite(layer.thresholds)) refuse("has a threshold that is no finite number: train it anew");
  if (!finite(layer.input_weights) || !finite(layer.recurrent_weights) || !finite(layer.input_biases) ||
      !finite(layer.recurrent_biases))
    refuse("has a weight that is no finite number: train it anew");
}

}  // namespace

int64_t SparseNetwork::neurons() const {
  int64_t sum = 0;
  for (const EventLayer& layer : layers) sum += layer.hidden;
  return sum;
}

int64_t SparseNetwork::nonzeros() const {
  int64_t sum = 0;
  for (const EventLayer& layer : layers) sum += layer.nonzeros();
  return sum;
}

int64_t SparseNetwork::weights() const {
  int64_t sum = 0;
  for (const EventLayer& layer : layers) sum += 3 * layer.hidden * (layer.inputs + layer.hidden);
  return sum;
}

SparseNetwork sparse_network(const RecurrentNetwork& network, const std::string& name) {
  if (network.layers.empty()) throw Error(Fault::input, name + ": the network has no layers");
  if (!network.head.empty())
    throw Error(Fault::input,
                name + ": the network has convolutions in front, which are not mapped; train one without");
  SparseNetwork out{name, {}};
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const RecurrentLayer<float>& layer = network.layers[i];
    check(layer, name, i);
    out.layers.push_back({layer.inputs, layer.hidden, sparse_rows(layer.input_weights, layer.inputs),
                          sparse_rows(layer.recurrent_weights, layer.hidden), layer.input_biases,
                          layer.recurrent_biases, layer.thresholds, layer.zoneout});
  }
  return out;
}

bool is_random_network(std::string_view text) {
  return text.substr(0, kRandom.size()) == kRandom;
}

RandomNetwork parse_random_network(std::string_view spec) {
  using S = std::string_view;
  RandomNetwork p;
  const S layers = read_spec(spec, {{"inputs", [&](S k, S v) { p.inputs = number<int64_t>(k, v, 1, kMostUnits); }},
                                    {"sparsity", [&](S k, S v) { p.sparsity = number<double>(k, v, 0, 1); }},
                                    {"seed", [&](S k, S v) { p.seed = number<uint64_t>(k, v, 0, UINT64_MAX); }},
                                    {"threshold", [&](S k, S v) { p.threshold = number<double>(k, v, -10, 10); }}});
  p.hidden.clear();
  for (const S part : split(layers, ',')) add_layers(part, p.hidden);
  return p;
}

SparseNetwork make_network(const RandomNetwork& p) {
  SparseNetwork network{fmt::format("random network, {:g} % sparse, seed {}", 100 * p.sparsity, p.seed), {}};
  int64_t inputs = p.inputs > 0 ? p.inputs : p.hidden.back();
  for (uint64_t i = 0; i < p.hidden.size(); ++i) {
    const int64_t hidden = p.hidden[i], rows = 3 * hidden;
    EventLayer layer{inputs, hidden, draw_matrix(p, i, 0, rows, inputs), draw_matrix(p, i, 1, rows, hidden), {}, {},
                     {},     0};
    layer.input_biases.assign(static_cast<size_t>(rows), 0);
    layer.recurrent_biases.assign(static_cast<size_t>(rows), 0);
    Random random(p.seed, {i, 2});
    // Units that speak of themselves now and then: without, deep layers fall silent.
    for (size_t u = 2 * static_cast<size_t>(hidden); u < layer.input_biases.size(); ++u)
      layer.input_biases[u] = static_cast<float>(random.uniform(-0.5, 0.5));
    for (int64_t u = 0; u < hidden; ++u)
      layer.thresholds.push_back(
          static_cast<float>(random.uniform(std::min(0.0, 2 * p.threshold), std::max(0.0, 2 * p.threshold))));
    network.layers.push_back(std::move(layer));
    inputs = hidden;
  }
  return network;
}

RandomInput parse_random_input(std::string_view spec) {
  using S = std::string_view;
  RandomInput p;
  const S steps = read_spec(spec, {{"seed", [&](S k, S v) { p.seed = number<uint64_t>(k, v, 0, UINT64_MAX); }},
                                   {"density", [&](S k, S v) { p.density = number<double>(k, v, 0, 1); }}});
  p.steps = number<int64_t>("steps", steps, 1, kMostSteps);
  return p;
}

std::vector<float> make_input(const RandomInput& p, int64_t inputs) {
  std::vector<float> values(static_cast<size_t>(p.steps * inputs));
  for (int64_t step = 0; step < p.steps; ++step) {
    Random random(p.seed, {static_cast<uint64_t>(step)});
    for (int64_t i = 0; i < inputs; ++i) {
      const bool there = random.uniform() < p.density;
      const double value = random.uniform(-1, 1);
      if (there) values[static_cast<size_t>(step * inputs + i)] = static_cast<float>(value);
    }
  }
  return values;
}

}  // namespace flashcell::quant::manycore
