#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant::manycore {

/// A layer of EGRUs as elements hold it: rows of non-zeros (CSR); unit u of gate k (update, reset, candidate) is row
/// k * hidden + u of both matrices.
struct EventLayer {
  int64_t inputs = 0, hidden = 0;
  SparseRows<float> input_weights, recurrent_weights;
  std::vector<float> input_biases, recurrent_biases;  ///< 3 hidden each
  std::vector<float> thresholds;                      ///< hidden
  float zoneout = 0;

  int64_t nonzeros() const {
    return static_cast<int64_t>(input_weights.values.size() + recurrent_weights.values.size());
  }
};

struct SparseNetwork {
  std::string name;
  std::vector<EventLayer> layers;

  int64_t inputs() const { return layers.front().inputs; }
  int64_t neurons() const;
  int64_t nonzeros() const;
  int64_t weights() const;  ///< with those that are zero
};

/// What elements hold of a trained network: its layers without vocabulary and decoder, weights that are zero left out.
/// Throws Error(Fault::input) that names the layer where one is no EGRU, or has numbers that are not finite.
SparseNetwork sparse_network(const RecurrentNetwork& network, const std::string& name);

/// A generated network: `random:HIDDEN,HIDDEN,…[?key=value&…]`. HIDDEN: units of a layer, or `UNITSxLAYERS`.
struct RandomNetwork {
  std::vector<int64_t> hidden = {1350, 1350, 750};
  int64_t inputs = 0;      ///< 0: as many as the last layer has units
  double sparsity = 0.95;  ///< share of the weights that are zero, 0..1
  uint64_t seed = 1;
  double threshold = 0.3;  ///< mean of the units' thresholds, which lie in 0..2 threshold; -10..10
};

/// Throws Error(Fault::usage) naming what is unknown or out of range.
RandomNetwork parse_random_network(std::string_view spec);
bool is_random_network(std::string_view text);

/// Its weights: each is there with the same probability, alone; uniform, of the size that the sums of a row keep a
/// variance near 1. The same for the same parameters, on every machine. Throws Error(Fault::usage) where it has more
/// than 2^31 non-zeros in a matrix.
SparseNetwork make_network(const RandomNetwork& parameters);

/// Inputs of a sequence, steps x inputs, row-major: `random:STEPS[?seed=N&density=D]`, D the share of inputs that are
/// not zero. Uniform in -1..1.
struct RandomInput {
  int64_t steps = 70;
  uint64_t seed = 1;
  double density = 1;
};
RandomInput parse_random_input(std::string_view spec);
std::vector<float> make_input(const RandomInput& parameters, int64_t inputs);

}  // namespace flashcell::quant::manycore
