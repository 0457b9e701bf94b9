#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/random.hpp"
#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant {

/// Numbers that learn, and how.
struct LearnedNumbers {
  enum class Kind { weights, biases, thresholds, embedding };
  Kind kind;  ///< a head's weights and a projection learn as an embedding does
  std::vector<float>* numbers;
};

/// All of a network's, layer by layer, then head, embedding, projection, decoder and its biases; empty ones too, so
/// that networks of one shape give lists of one length.
std::vector<LearnedNumbers> parameters_of(RecurrentNetwork& network);

/// A network of the same shape for gradients and moments: all zero, without names.
RecurrentNetwork zeros_like(const RecurrentNetwork& network);

struct InitialValues {
  double threshold_mean = 0.3;  ///< m of Beta(3 m / (1 - m), 3), in (0, 1)
  double embedding = 0.1;       ///< embedding and decoder are even in -x..x
  uint64_t seed = 1;
};

/// Weights even in +-1 / sqrt(hidden), thresholds Beta distributed, forget biases of an LSTM 1, others 0. Sizes must be
/// set: of every layer cell, inputs and hidden; names.
void initialize(RecurrentNetwork& network, bool with_embedding, const InitialValues& values);

/// Beta(a, b) by two gamma variates (Marsaglia and Tsang, ACM TOMS 26(3), 2000).
double beta_variate(Random& random, double a, double b);

}  // namespace flashcell::quant
