#include "quant_models/recurrent/egru.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace flashcell::quant {
namespace {

// Once a row's sum has begun with +0 it never is -0, and a term of either zero leaves it as it is.
template <class Real>
Real beginning(Real bias) {
  return bias + Real(0);
}

template <class Real>
void lstm_unit(const Real* in, const Real* recurrent, size_t hidden, Real zoneout, Real& memory, Real& output) {
  const Real i = gate_sigmoid(in[0] + recurrent[0]), f = gate_sigmoid(in[hidden] + recurrent[hidden]);
  const Real g = gate_tanh(in[2 * hidden] + recurrent[2 * hidden]);
  const Real o = gate_sigmoid(in[3 * hidden] + recurrent[3 * hidden]);
  const Real cell = f * memory + i * g;
  memory = zoneout > Real(0) ? zoneout * memory + (Real(1) - zoneout) * cell : cell;
  output = o * gate_tanh(memory);
}

bool finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

std::string fault_of_layer(const RecurrentLayer<float>& layer) {
  if (layer.inputs < 1 || layer.hidden < 1) return "has no inputs or no units";
  const auto rows = static_cast<size_t>(layer.rows()), inputs = static_cast<size_t>(layer.inputs),
             hidden = static_cast<size_t>(layer.hidden);
  if (layer.input_weights.size() != rows * inputs || layer.recurrent_weights.size() != rows * hidden ||
      layer.input_biases.size() != rows || layer.recurrent_biases.size() != rows)
    return fmt::format("has other weights than {} inputs and {} units ask for", inputs, hidden);
  if (layer.thresholds.size() != (layer.cell == Cell::egru ? hidden : 0))
    return fmt::format("has {} thresholds for {} units", layer.thresholds.size(), hidden);
  if (!finite(layer.thresholds)) return "has a threshold that is no finite number";
  for (const auto* numbers :
       {&layer.input_weights, &layer.recurrent_weights, &layer.input_biases, &layer.recurrent_biases})
    if (!finite(*numbers)) return "has a weight that is no finite number";
  if (!(layer.zoneout >= 0 && layer.zoneout < 1)) return "has a zoneout outside of [0, 1)";
  return "";
}

}  // namespace

template <class Real>
LayerState<Real>::LayerState(const RecurrentLayer<Real>& layer)
    : output(static_cast<size_t>(layer.hidden)),
      memory(output.size()),
      trace(layer.cell == Cell::egru ? output.size() : 0) {}

template <class Real>
void multiply_rows(const std::vector<Real>& weights, const std::vector<Real>& biases, std::span<const Real> in,
                   std::span<Real> out) {
  const Real* weight = weights.data();
  for (size_t row = 0; row < out.size(); ++row) {
    Real sum = beginning(biases[row]);
    for (const Real x : in) sum += *weight++ * x;
    out[row] = sum;
  }
}

template <class Real>
SparseRows<Real> sparse_rows(const std::vector<Real>& weights, int columns) {
  SparseRows<Real> sparse{columns, {0}, {}, {}};
  const size_t rows = weights.size() / static_cast<size_t>(columns);
  for (size_t row = 0; row < rows; ++row) {
    const Real* of_row = weights.data() + row * static_cast<size_t>(columns);
    for (uint32_t column = 0; column < static_cast<uint32_t>(columns); ++column) {
      if (of_row[column] == Real(0)) continue;
      sparse.places.push_back(column);
      sparse.values.push_back(of_row[column]);
    }
    sparse.starts.push_back(static_cast<uint32_t>(sparse.values.size()));
  }
  return sparse;
}

template <class Real>
void multiply_rows(const SparseRows<Real>& weights, const std::vector<Real>& biases, std::span<const Real> in,
                   std::span<Real> out) {
  for (size_t row = 0; row < out.size(); ++row) {
    Real sum = beginning(biases[row]);
    for (uint32_t i = weights.starts[row]; i < weights.starts[row + 1]; ++i)
      sum += weights.values[i] * in[weights.places[i]];
    out[row] = sum;
  }
}

template <class Real>
void step_units(const RecurrentLayer<Real>& layer, std::span<const Real> input_sums,
                std::span<const Real> recurrent_sums, LayerState<Real>& state) {
  const auto hidden = static_cast<size_t>(layer.hidden);
  const Real *a = input_sums.data(), *b = recurrent_sums.data();
  for (size_t u = 0; u < hidden; ++u, ++a, ++b) {
    if (layer.cell == Cell::lstm) {
      lstm_unit(a, b, hidden, layer.zoneout, state.memory[u], state.output[u]);
      continue;
    }
    const GateSums<Real> sums{a[0], b[0], a[hidden], b[hidden], a[2 * hidden], b[2 * hidden]};
    if (layer.cell == Cell::gru) {
      state.output[u] = state.memory[u] = gated_state(sums, layer.zoneout, state.memory[u]);
      continue;
    }
    egru_unit(sums, layer.thresholds[u], layer.zoneout, state.memory[u], state.output[u]);
    state.trace[u] = Real(0.9) * state.trace[u] + Real(0.1) * state.output[u];
  }
}

template <class Real>
void step(const RecurrentLayer<Real>& layer, std::span<const Real> in, LayerState<Real>& state) {
  std::vector<Real> sums(2 * static_cast<size_t>(layer.rows()));
  const std::span<Real> a = std::span(sums).first(sums.size() / 2), b = std::span(sums).last(sums.size() / 2);
  multiply_rows(layer.input_weights, layer.input_biases, in, a);
  multiply_rows<Real>(layer.recurrent_weights, layer.recurrent_biases, state.output, b);
  step_units<Real>(layer, a, b, state);
}

template struct LayerState<float>;
template struct LayerState<double>;
#define FLASHCELL_OF(Real)                                                                               \
  template void multiply_rows(const std::vector<Real>&, const std::vector<Real>&, std::span<const Real>, \
                              std::span<Real>);                                                          \
  template SparseRows<Real> sparse_rows(const std::vector<Real>&, int);                                  \
  template void multiply_rows(const SparseRows<Real>&, const std::vector<Real>&, std::span<const Real>,  \
                              std::span<Real>);                                                          \
  template void step_units(const RecurrentLayer<Real>&, std::span<const Real>, std::span<const Real>,    \
                           LayerState<Real>&);                                                           \
  template void step(const RecurrentLayer<Real>&, std::span<const Real>, LayerState<Real>&)
FLASHCELL_OF(float);
FLASHCELL_OF(double);
#undef FLASHCELL_OF

std::string fault_of(const RecurrentNetwork& network) {
  if (network.layers.empty()) return "has no layers";
  if (network.names.empty()) return "has an empty vocabulary";
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const std::string fault = fault_of_layer(network.layers[i]);
    if (!fault.empty()) return fmt::format("layer {} {}", i, fault);
    if (i > 0 && network.layers[i].inputs != network.layers[i - 1].hidden)
      return fmt::format("layer {} takes {} inputs of {} units below", i, network.layers[i].inputs,
                         network.layers[i - 1].hidden);
  }
  if (std::string fault = fault_of(network.head); !fault.empty()) return fault;
  if (!network.head.empty() && network.head.back().outputs() != network.inputs())
    return fmt::format("has convolutions that give {} numbers to layers that take {}", network.head.back().outputs(),
                       network.inputs());
  const size_t names = network.names.size(), last = static_cast<size_t>(network.read_units());
  if (!network.embedding.empty() && network.embedding.size() != names * static_cast<size_t>(network.inputs()))
    return fmt::format("has an embedding of {} numbers for {} words of {}", network.embedding.size(), names,
                       network.inputs());
  if (network.decoder_weights().size() != names * static_cast<size_t>(network.decoder_inputs()) ||
      network.decoder_biases.size() != names)
    return fmt::format("has a decoder that does not lead from {} units to {} names", last, names);
  if (!network.projection.empty() && network.projection.size() != static_cast<size_t>(network.inputs()) * last)
    return fmt::format("has a projection that does not lead from {} units to {} numbers", last, network.inputs());
  if (!finite(network.embedding) || !finite(network.decoder) || !finite(network.decoder_biases))
    return "has an embedding or decoder with a number that is not finite";
  return "";
}

int RecurrentNetwork::read_units() const {
  int units = 0;
  for (size_t i = first_read(); i < layers.size(); ++i) units += layers[i].hidden;
  return units;
}

NetworkState::NetworkState(const RecurrentNetwork& network) {
  for (const RecurrentLayer<float>& layer : network.layers) layers.emplace_back(layer);
}

void step(const RecurrentNetwork& network, std::span<const float> in, NetworkState& state) {
  for (size_t i = 0; i < network.layers.size(); ++i) {
    step(network.layers[i], in, state.layers[i]);
    in = state.layers[i].output;
  }
}

void decode(const RecurrentNetwork& network, const NetworkState& state, std::span<float> out) {
  std::vector<float> read;
  for (size_t i = network.first_read(); i < network.layers.size(); ++i)
    read.insert(read.end(), state.layers[i].output.begin(), state.layers[i].output.end());
  multiply_rows<float>(network.decoder_weights(), network.decoder_biases, read, out);
}

}  // namespace flashcell::quant
