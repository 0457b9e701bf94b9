#include "quant_models/manycore/element_program.hpp"

#include <algorithm>

namespace flashcell::quant::manycore {
namespace {

constexpr size_t kGates = 3;

uint32_t place_in_buffer(const SourceColumns& source, uint32_t column) {
  if (source.all) return column;
  return static_cast<uint32_t>(std::lower_bound(source.columns.begin(), source.columns.end(), column) -
                               source.columns.begin());
}

uint32_t source_of(const std::vector<SourceColumns>& sources, int layer) {
  uint32_t i = 0;
  while (sources[i].layer != layer) ++i;
  return i;
}

/// The rows of the slice's neurons, gate by gate.
SparseRows<float> rows_of(const SparseRows<float>& matrix, int64_t hidden, const NeuronSlice& slice,
                          const SourceColumns& source) {
  SparseRows<float> rows{static_cast<int>(source.kept()), {0}, {}, {}};
  size_t total = 0;
  const auto row_number = [&](size_t gate, uint32_t neuron) { return gate * static_cast<size_t>(hidden) + neuron; };
  for (size_t gate = 0; gate < kGates; ++gate)
    for (const uint32_t n : slice.neurons)
      total += matrix.starts[row_number(gate, n) + 1] - matrix.starts[row_number(gate, n)];
  rows.starts.reserve(kGates * slice.neurons.size() + 1);
  rows.places.reserve(total);
  rows.values.reserve(total);
  for (size_t gate = 0; gate < kGates; ++gate)
    for (const uint32_t n : slice.neurons) {
      const size_t row = row_number(gate, n);
      for (uint32_t i = matrix.starts[row]; i < matrix.starts[row + 1]; ++i) {
        rows.places.push_back(place_in_buffer(source, matrix.places[i]));
        rows.values.push_back(matrix.values[i]);
      }
      rows.starts.push_back(static_cast<uint32_t>(rows.values.size()));
    }
  return rows;
}

std::vector<float> of_neurons(const std::vector<float>& numbers, size_t blocks, const NeuronSlice& slice) {
  const size_t hidden = numbers.size() / blocks;
  std::vector<float> own;
  own.reserve(blocks * slice.neurons.size());
  for (size_t block = 0; block < blocks; ++block)
    for (const uint32_t n : slice.neurons) own.push_back(numbers[block * hidden + n]);
  return own;
}

/// multiply_rows() of recurrent/egru.hpp, which leaves out products with zero: their number is what the core's
/// multiplications cost.
int64_t multiply(const SparseRows<float>& weights, const std::vector<float>& biases, const std::vector<float>& in,
                 std::vector<float>& out) {
  const size_t rows = weights.starts.size() - 1;
  out.resize(rows);
  int64_t products = 0;
  for (size_t row = 0; row < rows; ++row) {
    float sum = biases[row] + 0.0F;
    for (uint32_t i = weights.starts[row]; i < weights.starts[row + 1]; ++i) {
      const float x = in[weights.places[i]];
      products += x != 0.0F;
      sum += weights.values[i] * x;
    }
    out[row] = sum;
  }
  return products;
}

}  // namespace

SliceProgram slice_program(const EventLayer& layer, const NeuronSlice& slice,
                           const std::vector<SourceColumns>& sources) {
  SliceProgram program;
  program.neurons = slice.neurons;
  program.input_source = source_of(sources, slice.layer - 1);
  program.recurrent_source = source_of(sources, slice.layer);
  program.input_weights = rows_of(layer.input_weights, layer.hidden, slice, sources[program.input_source]);
  program.recurrent_weights = rows_of(layer.recurrent_weights, layer.hidden, slice, sources[program.recurrent_source]);
  program.input_biases = of_neurons(layer.input_biases, kGates, slice);
  program.recurrent_biases = of_neurons(layer.recurrent_biases, kGates, slice);
  program.thresholds = of_neurons(layer.thresholds, 1, slice);
  program.zoneout = layer.zoneout;
  return program;
}

void put(std::span<const NeuronEvent> events, const SourceColumns& source, std::vector<float>& values) {
  for (const NeuronEvent& event : events) {
    const uint32_t place = place_in_buffer(source, event.neuron);
    if (source.all || (place < source.columns.size() && source.columns[place] == event.neuron))
      values[place] = event.value;
  }
}

StepCount run_step(const SliceProgram& program, Scratch& scratch, std::span<float> states,
                   std::vector<NeuronEvent>& events) {
  StepCount count;
  count.input_products = multiply(program.input_weights, program.input_biases, scratch.inputs, scratch.input_sums);
  count.recurrent_products =
      multiply(program.recurrent_weights, program.recurrent_biases, scratch.outputs, scratch.recurrent_sums);
  const size_t n = program.neurons.size();
  const float *a = scratch.input_sums.data(), *b = scratch.recurrent_sums.data();
  for (size_t u = 0; u < n; ++u, ++a, ++b) {
    float output = 0;
    egru_unit<float>({a[0], b[0], a[n], b[n], a[2 * n], b[2 * n]}, program.thresholds[u], program.zoneout, states[u],
                     output);
    if (output != 0.0F) events.push_back({program.neurons[u], output});
  }
  return count;
}

}  // namespace flashcell::quant::manycore
