#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/recurrent/convolution_head.hpp"
#include "quant_models/recurrent/gate_functions.hpp"

// Recurrent networks whose units speak only when something happens: the event-based gated recurrent unit (EGRU;
// Subramoney et al., Efficient recurrent architectures through activity sparsity and sparse back-propagation through
// time, arXiv 2206.06178), and its twins GRU and LSTM. Here is what a network is and one plain step of it; what is
// fast (event_network.hpp) and what is simulated gives the same bytes.
namespace flashcell::quant {

enum class Cell {
  egru,
  gru,   ///< an EGRU whose units speak always and lose nothing by it
  lstm,  ///< Hochreiter and Schmidhuber 1997, with forget gate, without peepholes
};

inline constexpr NamedValue<Cell> kCellNames[] = {{Cell::egru, "egru"}, {Cell::gru, "gru"}, {Cell::lstm, "lstm"}};

/// Blocks of rows of the weights: EGRU and GRU have update z, reset r, candidate g in this order; LSTM input i,
/// forget f, candidate g, output o.
constexpr int gates(Cell cell) {
  return cell == Cell::lstm ? 4 : 3;
}

/// One layer. Weights are row-major with a row for each unit of each gate: unit u of gate k is row k * hidden + u.
template <class Real>
struct RecurrentLayer {
  Cell cell = Cell::egru;
  int inputs = 0, hidden = 0;
  std::vector<Real> input_weights;                   ///< rows() x inputs
  std::vector<Real> recurrent_weights;               ///< rows() x hidden
  std::vector<Real> input_biases, recurrent_biases;  ///< rows() each
  std::vector<Real> thresholds;                      ///< hidden, of an EGRU; else empty
  /// Share of the old state that evaluation keeps: what zoneout (Krueger et al., ICLR 2017) of this probability comes
  /// to on average. 0: no zoneout.
  Real zoneout = 0;

  int rows() const { return gates(cell) * hidden; }
  bool operator==(const RecurrentLayer&) const = default;
};

/// What a layer carries from step to step, of one sequence; all zero at its beginning.
template <class Real>
struct LayerState {
  std::vector<Real> output;  ///< y of the last step: 0 of an EGRU's units that did not speak
  std::vector<Real> memory;  ///< what units keep: h of EGRU and GRU, the cell of an LSTM
  std::vector<Real> trace;   ///< 0.9 of itself and 0.1 of the output; of an EGRU

  LayerState() = default;
  explicit LayerState(const RecurrentLayer<Real>& layer);
  bool operator==(const LayerState&) const = default;
};

/// One EGRU unit: sums a of the input side and b of the recurrent side, biases included, to output and memory.
///   z = sigmoid(a_z + b_z)   r = sigmoid(a_r + b_r)   g = tanh(a_g + r b_g)
///   c = z h + (1 - z) g      y = c where c > threshold, else 0      h = c - threshold where c > threshold, else c
template <class Real>
struct GateSums {
  Real update_input, update_recurrent, reset_input, reset_recurrent, candidate_input, candidate_recurrent;
};

/// The state that EGRU and GRU share before anything is said of events.
template <class Real>
inline Real gated_state(const GateSums<Real>& s, Real zoneout, Real memory) {
  const Real z = gate_sigmoid(s.update_input + s.update_recurrent);
  const Real r = gate_sigmoid(s.reset_input + s.reset_recurrent);
  const Real g = gate_tanh(s.candidate_input + r * s.candidate_recurrent);
  const Real state = z * memory + (Real(1) - z) * g;
  return zoneout > Real(0) ? zoneout * memory + (Real(1) - zoneout) * state : state;
}

template <class Real>
inline void egru_unit(const GateSums<Real>& sums, Real threshold, Real zoneout, Real& memory, Real& output) {
  const Real state = gated_state(sums, zoneout, memory);
  const bool speaks = state > threshold;
  output = speaks ? state : Real(0);
  memory = speaks ? state - threshold : state;
}

/// Sums of every row: out[row] = ((bias[row] + 0) + w[row][0] in[0]) + w[row][1] in[1] ..., in this order, product and
/// sum rounded one by one. Leaving out terms that are zero changes no bit of it, since no sum is ever -0.
template <class Real>
void multiply_rows(const std::vector<Real>& weights, const std::vector<Real>& biases, std::span<const Real> in,
                   std::span<Real> out);

/// A matrix by its rows' numbers that are not zero, columns rising (CSR).
template <class Real>
struct SparseRows {
  int columns = 0;
  std::vector<uint32_t> starts;  ///< of row r: starts[r] .. starts[r + 1]
  std::vector<uint32_t> places;  ///< column of each number
  std::vector<Real> values;

  int rows() const { return static_cast<int>(starts.size()) - 1; }
  bool operator==(const SparseRows&) const = default;
};

/// Row-major `weights` with `columns` numbers a row.
template <class Real>
SparseRows<Real> sparse_rows(const std::vector<Real>& weights, int columns);

/// The same bytes as multiply_rows() of the dense matrix.
template <class Real>
void multiply_rows(const SparseRows<Real>& weights, const std::vector<Real>& biases, std::span<const Real> in,
                   std::span<Real> out);

/// One step from `in` (layer.inputs numbers); the layer's output is then state.output.
template <class Real>
void step(const RecurrentLayer<Real>& layer, std::span<const Real> in, LayerState<Real>& state);

/// The step behind both products: `input_sums` and `recurrent_sums` have layer.rows() numbers, biases included.
template <class Real>
void step_units(const RecurrentLayer<Real>& layer, std::span<const Real> input_sums,
                std::span<const Real> recurrent_sums, LayerState<Real>& state);

/// Layers one above the other, with what leads in and out. Language models look a token's row up in `embedding`; other
/// networks take numbers.
struct RecurrentNetwork {
  std::vector<std::string> names;  ///< of the vocabulary's words, or of classes
  std::vector<float> embedding;    ///< names x layers[0].inputs; empty where inputs are numbers
  /// In front of the layers, at every step; empty: none. What runs the layers (step(), EventNetwork) takes what the
  /// head makes of a picture: HeadRunner.
  ConvolutionHead head;
  std::vector<RecurrentLayer<float>> layers;
  bool all_read = false;              ///< the decoder reads all layers side by side, not the last one alone
  std::vector<float> decoder;         ///< names x read_units(); empty: the embedding (tied)
  std::vector<float> decoder_biases;  ///< names
  /// While it learns: inputs() x read_units(), between the layers and a tied decoder (projection.hpp); else empty.
  std::vector<float> projection;
  /// How raw inputs become the network's; what it was trained on (`language`, `rows`, `pixels`, `saccades`, ...).
  std::string task;

  int inputs() const { return layers.front().inputs; }
  int outputs() const { return static_cast<int>(names.size()); }
  size_t first_read() const { return all_read ? 0 : layers.size() - 1; }
  /// Units that the decoder or the projection reads.
  int read_units() const;
  int decoder_inputs() const { return projection.empty() ? read_units() : inputs(); }
  const std::vector<float>& decoder_weights() const { return decoder.empty() ? embedding : decoder; }
  std::span<const float> embedded(size_t token) const {
    return std::span(embedding).subspan(token * static_cast<size_t>(inputs()), static_cast<size_t>(inputs()));
  }
  bool operator==(const RecurrentNetwork&) const = default;
};

/// What is wrong with it, as the end of a line; empty when nothing is: sizes that do not fit each other, no names,
/// numbers (weights, thresholds) that are not finite.
std::string fault_of(const RecurrentNetwork& network);

struct NetworkState {
  std::vector<LayerState<float>> layers;

  NetworkState() = default;
  explicit NetworkState(const RecurrentNetwork& network);
  bool operator==(const NetworkState&) const = default;
};

/// One step of all layers from `in` (network.inputs() numbers).
void step(const RecurrentNetwork& network, std::span<const float> in, NetworkState& state);

/// The decoder's sums (logits) of the last layer's output, into `out` (network.outputs() numbers).
void decode(const RecurrentNetwork& network, const NetworkState& state, std::span<float> out);

}  // namespace flashcell::quant
