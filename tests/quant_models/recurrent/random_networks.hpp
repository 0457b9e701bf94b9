#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "quant_models/random.hpp"
#include "quant_models/recurrent/egru.hpp"

namespace flashcell::test {

template <class Real>
std::vector<Real> random_numbers(quant::Random& random, size_t count, double size, double zeros = 0) {
  std::vector<Real> numbers(count);
  for (Real& number : numbers)
    number = random.uniform() < zeros ? Real(0) : static_cast<Real>(random.uniform(-size, size));
  return numbers;
}

/// `zeros`: share of the weights that are 0.
template <class Real>
quant::RecurrentLayer<Real> random_layer(quant::Cell cell, int inputs, int hidden, uint64_t seed, double zeros = 0) {
  quant::Random random(seed, {});
  quant::RecurrentLayer<Real> layer;
  layer.cell = cell;
  layer.inputs = inputs;
  layer.hidden = hidden;
  const auto rows = static_cast<size_t>(layer.rows());
  layer.input_weights = random_numbers<Real>(random, rows * static_cast<size_t>(inputs), 1, zeros);
  layer.recurrent_weights = random_numbers<Real>(random, rows * static_cast<size_t>(hidden), 0.7, zeros);
  layer.input_biases = random_numbers<Real>(random, rows, 0.3);
  layer.recurrent_biases = random_numbers<Real>(random, rows, 0.3);
  if (cell == quant::Cell::egru)
    for (int i = 0; i < hidden; ++i) layer.thresholds.push_back(static_cast<Real>(random.uniform(0, 0.5)));
  return layer;
}

/// A language model whose decoder is its embedding: sizes are of the embedding and then of each layer, the last as the
/// first.
inline quant::RecurrentNetwork random_network(quant::Cell cell, const std::vector<int>& sizes, int words, uint64_t seed,
                                              double zeros = 0) {
  quant::RecurrentNetwork network;
  network.task = "language";
  quant::Random random(seed, {1});
  for (int i = 0; i < words; ++i) network.names.push_back(std::to_string(i));
  network.embedding = random_numbers<float>(random, static_cast<size_t>(words * sizes[0]), 1);
  network.decoder_biases = random_numbers<float>(random, static_cast<size_t>(words), 1);
  for (size_t i = 1; i < sizes.size(); ++i)
    network.layers.push_back(random_layer<float>(cell, sizes[i - 1], sizes[i], seed + i, zeros));
  if (sizes.front() != sizes.back())
    network.decoder = random_numbers<float>(random, static_cast<size_t>(words * sizes.back()), 1);
  return network;
}

/// The same with a decoder that reads all layers.
inline quant::RecurrentNetwork with_all_read(quant::RecurrentNetwork network, uint64_t seed) {
  network.all_read = true;
  quant::Random random(seed, {2});
  network.decoder = random_numbers<float>(random, network.names.size() * static_cast<size_t>(network.read_units()), 1);
  return network;
}

}  // namespace flashcell::test
