#include "quant_models/recurrent/layer_training.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/recurrent/gate_kernels.hpp"
#include "quant_models/recurrent/size_of.hpp"

namespace flashcell::quant {
namespace {

void all_gated_states(const float* a, const float* b, const float* memory, size_t hidden, float* gates, float* state) {
  gated_states(a, b, memory, hidden, gates, gates + hidden, gates + 2 * hidden, state);
}
void all_gated_states(const double* a, const double* b, const double* memory, size_t hidden, double* gates,
                      double* state) {
  for (size_t u = 0; u < hidden; ++u) {
    double &z = gates[u], &r = gates[hidden + u], &g = gates[2 * hidden + u];
    z = gate_sigmoid(a[u] + b[u]);
    r = gate_sigmoid(a[hidden + u] + b[hidden + u]);
    g = gate_tanh(a[2 * hidden + u] + r * b[2 * hidden + u]);
    state[u] = z * memory[u] + (1 - z) * g;
  }
}

void all_sigmoids(const float* a, const float* b, size_t count, float* out) {
  sigmoids_of_sums(a, b, count, out);
}
void all_sigmoids(const double* a, const double* b, size_t count, double* out) {
  for (size_t i = 0; i < count; ++i) out[i] = gate_sigmoid(a[i] + b[i]);
}
void all_tanhs(const float* a, const float* b, size_t count, float* out) {
  tanhs_of_sums(a, b, count, out);
}
void all_tanhs(const double* a, const double* b, size_t count, double* out) {
  for (size_t i = 0; i < count; ++i) out[i] = gate_tanh(a[i] + b[i]);
}

// One sequence's row of a tape.
template <class Real>
struct Row {
  Real *gates, *candidate, *state, *output, *memory;
  const Real* before;
  const uint8_t* kept;  // or none
};

template <class Real>
void keep_old(const Row<Real>& row, size_t hidden, Real* state) {
  if (row.kept == nullptr) return;
  for (size_t u = 0; u < hidden; ++u)
    if (row.kept[u] != 0) state[u] = row.before[u];
}

template <class Real>
void forward_gru(const RecurrentLayer<Real>& layer, const Real* a, const Real* b, const Row<Real>& row) {
  const size_t hidden = size_of(layer.hidden);
  all_gated_states(a, b, row.before, hidden, row.gates, row.state);
  keep_old(row, hidden, row.state);
  std::copy_n(b + 2 * hidden, hidden, row.candidate);
  for (size_t u = 0; u < hidden; ++u) {
    const Real threshold = layer.cell == Cell::egru ? layer.thresholds[u] : Real(0);
    const bool speaks = layer.cell == Cell::gru || row.state[u] > threshold;
    row.output[u] = speaks ? row.state[u] : Real(0);
    row.memory[u] = speaks ? row.state[u] - threshold : row.state[u];
  }
}

template <class Real>
void forward_lstm(const RecurrentLayer<Real>& layer, const Real* a, const Real* b, const Row<Real>& row) {
  const size_t hidden = size_of(layer.hidden);
  all_sigmoids(a, b, 2 * hidden, row.gates);
  all_tanhs(a + 2 * hidden, b + 2 * hidden, hidden, row.gates + 2 * hidden);
  all_sigmoids(a + 3 * hidden, b + 3 * hidden, hidden, row.gates + 3 * hidden);
  for (size_t u = 0; u < hidden; ++u)
    row.memory[u] = row.gates[hidden + u] * row.before[u] + row.gates[u] * row.gates[2 * hidden + u];
  keep_old(row, hidden, row.memory);
  std::copy_n(row.memory, hidden, row.state);
  std::fill_n(row.output, hidden, Real(0));
  all_tanhs(row.memory, row.output, hidden, row.candidate);
  for (size_t u = 0; u < hidden; ++u) row.output[u] = row.gates[3 * hidden + u] * row.candidate[u];
}

template <class Real>
void add_biases(const std::vector<Real>& biases, int64_t rows, std::vector<Real>& sums) {
  Real* at = sums.data();
  for (int64_t r = 0; r < rows; ++r)
    for (const Real bias : biases) *at++ += bias;
}

// Of one unit of one sequence at one step: gradients on both sides of the gates, and what goes on to the step before.
template <class Real>
struct UnitBack {
  const RecurrentLayer<Real>& layer;
  Surrogate<Real> surrogate;
  ActivityGradients<Real> activity;
  std::vector<Real>& threshold_gradients;

  void gru(const Row<const Real>& row, size_t u, Real output_gradient, Real& memory_gradient, Real* input_side,
           Real* recurrent_side) const {
    const size_t hidden = size_of(layer.hidden);
    const Real c = row.state[u];
    Real of_state = memory_gradient + output_gradient;
    if (layer.cell == Cell::egru) {
      const Real threshold = layer.thresholds[u];
      const Real event = c > threshold ? Real(1) : Real(0);
      const Real slope = surrogate.dampening * std::max(Real(0), Real(1) - surrogate.width * std::abs(c - threshold));
      const Real of_event = (output_gradient * c - memory_gradient * threshold + activity.event) * slope;
      threshold_gradients[u] -= of_event + memory_gradient * event;
      of_state = output_gradient * event + memory_gradient + of_event;
      if (!activity.states.empty()) of_state += activity.states[u];
    }
    Real skipped = 0;
    if (row.kept != nullptr && row.kept[u] != 0) std::swap(skipped, of_state);
    const Real z = row.gates[u], r = row.gates[hidden + u], g = row.gates[2 * hidden + u], q = row.candidate[u];
    const Real of_update = of_state * (row.before[u] - g) * z * (Real(1) - z);
    const Real of_candidate = of_state * (Real(1) - z) * (Real(1) - g * g);
    const Real of_reset = of_candidate * q * r * (Real(1) - r);
    input_side[u] = recurrent_side[u] = of_update;
    input_side[hidden + u] = recurrent_side[hidden + u] = of_reset;
    input_side[2 * hidden + u] = of_candidate;
    recurrent_side[2 * hidden + u] = of_candidate * r;
    memory_gradient = of_state * z + skipped;
  }

  void lstm(const Row<const Real>& row, size_t u, Real output_gradient, Real& memory_gradient, Real* input_side,
            Real* recurrent_side) const {
    const size_t hidden = size_of(layer.hidden);
    const Real i = row.gates[u], f = row.gates[hidden + u], g = row.gates[2 * hidden + u],
               o = row.gates[3 * hidden + u];
    const Real shown = row.candidate[u];
    Real of_cell = memory_gradient + output_gradient * o * (Real(1) - shown * shown), skipped = 0;
    if (row.kept != nullptr && row.kept[u] != 0) std::swap(skipped, of_cell);
    input_side[u] = of_cell * g * i * (Real(1) - i);
    input_side[hidden + u] = of_cell * row.before[u] * f * (Real(1) - f);
    input_side[2 * hidden + u] = of_cell * i * (Real(1) - g * g);
    input_side[3 * hidden + u] = output_gradient * shown * o * (Real(1) - o);
    for (size_t k = 0; k < 4; ++k) recurrent_side[k * hidden + u] = input_side[k * hidden + u];
    memory_gradient = of_cell * f + skipped;
  }
};

template <class Real>
void add_columns(const std::vector<Real>& rows, int64_t count, std::vector<Real>& sums) {
  const Real* at = rows.data();
  for (int64_t r = 0; r < count; ++r)
    for (Real& sum : sums) sum += *at++;
}

}  // namespace

PlainProduct::PlainProduct(int depth, int columns)
    : depth_(depth), columns_(columns), matrix_(size_of(depth) * size_of(columns)) {}

void PlainProduct::pack(const double* matrix, int64_t depth_stride, int64_t column_stride) {
  double* to = matrix_.data();
  for (int64_t c = 0; c < columns_; ++c)
    for (int64_t k = 0; k < depth_; ++k) *to++ = matrix[k * depth_stride + c * column_stride];
}

void PlainProduct::multiply(const double* rows, int64_t count, double* out) const {
  for (int64_t r = 0; r < count; ++r, rows += depth_) {
    const double* column = matrix_.data();
    for (int c = 0; c < columns_; ++c) {
      double sum = 0;
      for (int k = 0; k < depth_; ++k) sum += rows[k] * *column++;
      *out++ = sum;
    }
  }
}

void PlainProduct::add_transposed(const double* left, int64_t count, double* sums) const {
  for (int64_t r = 0; r < count; ++r) {
    for (int c = 0; c < columns_; ++c) {
      double sum = 0;
      for (int64_t k = 0; k < depth_; ++k) sum += left[k * count + r] * matrix_[size_of(c * int64_t{depth_} + k)];
      *sums++ += sum;
    }
  }
}

template <class Real>
PackedLayer<Real>::PackedLayer(const RecurrentLayer<Real>& layer)
    : input(layer.inputs, layer.rows()),
      recurrent(layer.hidden, layer.rows()),
      input_back(layer.rows(), layer.inputs),
      recurrent_back(layer.rows(), layer.hidden) {
  pack(layer, layer.recurrent_weights);
}

template <class Real>
void PackedLayer<Real>::pack(const RecurrentLayer<Real>& layer, const std::vector<Real>& recurrent_weights) {
  input.pack(layer.input_weights.data(), 1, layer.inputs);
  recurrent.pack(recurrent_weights.data(), 1, layer.hidden);
  input_back.pack(layer.input_weights.data(), layer.inputs, 1);
  recurrent_back.pack(recurrent_weights.data(), layer.hidden, 1);
}

template <class Real>
void LayerTape<Real>::resize(const RecurrentLayer<Real>& layer, int64_t step_count, int64_t batch_count) {
  steps = step_count;
  batch = batch_count;
  const size_t units = size_of(batch * layer.hidden), all = size_of(steps) * units;
  outputs.assign(all + units, Real(0));
  memories.assign(all + units, Real(0));
  gates.resize(size_of(steps * batch * layer.rows()));
  candidates.resize(all);
  states.resize(all);
}

template <class Real>
void LayerTape<Real>::carry_on(const RecurrentLayer<Real>& layer) {
  const int64_t units = batch * layer.hidden;
  for (std::vector<Real>* numbers : {&outputs, &memories})
    std::copy(numbers->end() - units, numbers->end(), numbers->begin());
}

template <class Real>
std::span<const Real> LayerTape<Real>::layer_outputs(const RecurrentLayer<Real>& layer) const {
  return std::span(outputs).subspan(size_of(batch * layer.hidden));
}

template <class Real>
void LayerTape<Real>::add_events(const RecurrentLayer<Real>& layer, std::span<int64_t> events) const {
  const std::span<const Real> all = layer_outputs(layer);
  for (size_t i = 0; i < all.size(); i += events.size())
    for (size_t u = 0; u < events.size(); ++u) events[u] += all[i + u] != Real(0) ? 1 : 0;
}

template <class Real>
void forward(const RecurrentLayer<Real>& layer, const PackedLayer<Real>& packed, std::span<const Real> inputs,
             LayerTape<Real>& tape, PassBuffers<Real>& buffers) {
  const int64_t rows = layer.rows(), hidden = layer.hidden, batch = tape.batch;
  buffers.input_sums.resize(size_of(tape.steps * batch * rows));
  buffers.recurrent_sums.resize(size_of(batch * rows));
  packed.input.multiply(inputs.data(), tape.steps * batch, buffers.input_sums.data());
  add_biases(layer.input_biases, tape.steps * batch, buffers.input_sums);
  for (int64_t t = 0; t < tape.steps; ++t) {
    packed.recurrent.multiply(tape.outputs.data() + t * batch * hidden, batch, buffers.recurrent_sums.data());
    add_biases(layer.recurrent_biases, batch, buffers.recurrent_sums);
    for (int64_t n = 0; n < batch; ++n) {
      const int64_t i = t * batch + n, after = i + batch;
      const Row<Real> row{tape.gates.data() + i * rows,
                          tape.candidates.data() + i * hidden,
                          tape.states.data() + i * hidden,
                          tape.outputs.data() + after * hidden,
                          tape.memories.data() + after * hidden,
                          tape.memories.data() + i * hidden,
                          tape.kept.empty() ? nullptr : tape.kept.data() + i * hidden};
      const Real *a = buffers.input_sums.data() + i * rows, *b = buffers.recurrent_sums.data() + n * rows;
      layer.cell == Cell::lstm ? forward_lstm(layer, a, b, row) : forward_gru(layer, a, b, row);
    }
  }
}

template <class Real>
void backward(const RecurrentLayer<Real>& layer, const PackedLayer<Real>& packed, std::span<const Real> inputs,
              const LayerTape<Real>& tape, std::span<const Real> output_gradients,
              const ActivityGradients<Real>& activity, Surrogate<Real> surrogate, RecurrentLayer<Real>& gradients,
              std::span<Real> input_gradients, PassBuffers<Real>& buffers) {
  const int64_t rows = layer.rows(), hidden = layer.hidden, batch = tape.batch, all = tape.steps * batch;
  buffers.input_gradients.resize(size_of(all * rows));
  buffers.recurrent_gradients.resize(size_of(all * rows));
  buffers.output_gradient.assign(size_of(batch * hidden), Real(0));
  buffers.memory_gradient.assign(size_of(batch * hidden), Real(0));
  const UnitBack<Real> back{layer, surrogate, activity, gradients.thresholds};
  for (int64_t t = tape.steps - 1; t >= 0; --t) {
    for (int64_t n = 0; n < batch; ++n) {
      const int64_t i = t * batch + n;
      const Row<const Real> row{tape.gates.data() + i * rows,
                                tape.candidates.data() + i * hidden,
                                tape.states.data() + i * hidden,
                                nullptr,
                                nullptr,
                                tape.memories.data() + i * hidden,
                                tape.kept.empty() ? nullptr : tape.kept.data() + i * hidden};
      Real *input_side = buffers.input_gradients.data() + i * rows,
           *recurrent_side = buffers.recurrent_gradients.data() + i * rows;
      const Real *direct = output_gradients.data() + i * hidden, *later = buffers.output_gradient.data() + n * hidden;
      Real* memory = buffers.memory_gradient.data() + n * hidden;
      for (size_t u = 0; u < size_of(hidden); ++u) {
        const Real of_output = direct[u] + later[u];
        layer.cell == Cell::lstm ? back.lstm(row, u, of_output, memory[u], input_side, recurrent_side)
                                 : back.gru(row, u, of_output, memory[u], input_side, recurrent_side);
      }
    }
    packed.recurrent_back.multiply(buffers.recurrent_gradients.data() + t * batch * rows, batch,
                                   buffers.output_gradient.data());
  }
  add_outer_products(buffers.input_gradients.data(), inputs.data(), all, layer.rows(), layer.inputs,
                     gradients.input_weights);
  add_outer_products(buffers.recurrent_gradients.data(), tape.outputs.data(), all, layer.rows(), layer.hidden,
                     gradients.recurrent_weights);
  add_columns(buffers.input_gradients, all, gradients.input_biases);
  add_columns(buffers.recurrent_gradients, all, gradients.recurrent_biases);
  if (!input_gradients.empty()) packed.input_back.multiply(buffers.input_gradients.data(), all, input_gradients.data());
}

template <class Real>
void add_outer_products(const Real* left, const Real* right, int64_t depth, int rows, int columns,
                        std::vector<Real>& sums) {
  RealProduct<Real> product(static_cast<int>(depth), columns);
  product.pack(right, columns, 1);
  product.add_transposed(left, rows, sums.data());
}

#define FLASHCELL_OF(Real)                                                                              \
  template struct PackedLayer<Real>;                                                                    \
  template struct LayerTape<Real>;                                                                      \
  template void forward(const RecurrentLayer<Real>&, const PackedLayer<Real>&, std::span<const Real>,   \
                        LayerTape<Real>&, PassBuffers<Real>&);                                          \
  template void backward(const RecurrentLayer<Real>&, const PackedLayer<Real>&, std::span<const Real>,  \
                         const LayerTape<Real>&, std::span<const Real>, const ActivityGradients<Real>&, \
                         Surrogate<Real>, RecurrentLayer<Real>&, std::span<Real>, PassBuffers<Real>&);  \
  template void add_outer_products(const Real*, const Real*, int64_t, int, int, std::vector<Real>&)
FLASHCELL_OF(float);
FLASHCELL_OF(double);
#undef FLASHCELL_OF

}  // namespace flashcell::quant
