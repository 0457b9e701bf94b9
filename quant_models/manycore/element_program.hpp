#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "quant_models/manycore/columns.hpp"

namespace flashcell::quant::manycore {

/// A neuron that has something to say, and what: a packet's key and payload.
struct NeuronEvent {
  uint32_t neuron;
  float value;
};

/// What an element has in its SRAM to compute a slice: rows of its neurons, gate by gate, their columns numbered as the
/// element's buffers keep them.
struct SliceProgram {
  std::vector<uint32_t> neurons;
  SparseRows<float> input_weights, recurrent_weights;
  std::vector<float> input_biases, recurrent_biases, thresholds;
  float zoneout = 0;
  uint32_t input_source = 0, recurrent_source = 0;  ///< places among the element's sources

  int64_t nonzeros() const {
    return static_cast<int64_t>(input_weights.values.size() + recurrent_weights.values.size());
  }
};

SliceProgram slice_program(const EventLayer& layer, const NeuronSlice& slice,
                           const std::vector<SourceColumns>& sources);

/// Scratch memory of one thread.
struct Scratch {
  std::vector<float> inputs, outputs;  ///< values of the two sources, all zero between steps
  std::vector<float> input_sums, recurrent_sums;
};

/// What a step did, beside its events.
struct StepCount {
  int64_t input_products = 0, recurrent_products = 0;  ///< non-zeros whose input was not zero
};

/// Puts values where a buffer keeps them; what it does not keep is passed over.
void put(std::span<const NeuronEvent> events, const SourceColumns& source, std::vector<float>& values);

/// One step of a slice on the values in `scratch`: input product, recurrent product, pointwise. Sums go by the number
/// of the neuron that a value comes from, whatever the order in which it came: the result is the plain step's, bit for
/// bit. `states` has the neurons' h. Neurons that speak are added to `events`.
StepCount run_step(const SliceProgram& program, Scratch& scratch, std::span<float> states,
                   std::vector<NeuronEvent>& events);

}  // namespace flashcell::quant::manycore
