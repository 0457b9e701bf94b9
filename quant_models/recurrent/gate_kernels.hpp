#pragma once
#include <cstddef>

// The units of a layer many at a time in float32: the bytes of gate_functions.hpp and egru.hpp for every vector width.
namespace flashcell::quant {

/// Of `hidden` EGRU or GRU units: z, r, g and the state c from both sides' sums (3 x hidden numbers each, as
/// step_units() takes them) and the memory. Outputs may not overlap inputs.
void gated_states(const float* input_sums, const float* recurrent_sums, const float* memory, size_t hidden, float* z,
                  float* r, float* g, float* state);

/// Of `hidden` EGRU units that have come to `state`: what they say and keep; `output` 0 where nothing is said.
void speak(const float* state, const float* thresholds, size_t hidden, float* output, float* memory);

/// out[i] = sigmoid(a[i] + b[i]), tanh(a[i] + b[i]).
void sigmoids_of_sums(const float* a, const float* b, size_t count, float* out);
void tanhs_of_sums(const float* a, const float* b, size_t count, float* out);

}  // namespace flashcell::quant
