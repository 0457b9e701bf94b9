#include "quant_models/recurrent/readout.hpp"

#include <algorithm>

#include "quant_models/recurrent/size_of.hpp"

namespace flashcell::quant {

void gather_outputs(const RecurrentNetwork& network, const std::vector<LayerTape<float>>& tapes,
                    std::vector<float>& read) {
  const auto width = size_of(network.read_units()), rows = size_of(tapes[0].steps * tapes[0].batch);
  read.resize(rows * width);
  size_t place = 0;
  for (size_t l = network.first_read(); l < network.layers.size(); ++l) {
    const std::span<const float> outputs = tapes[l].layer_outputs(network.layers[l]);
    const auto units = size_of(network.layers[l].hidden);
    for (size_t row = 0; row < rows; ++row)
      std::copy_n(outputs.data() + row * units, units, read.data() + row * width + place);
    place += units;
  }
}

void add_read_gradients(const RecurrentNetwork& network, std::span<const float> read_gradients, size_t layer,
                        std::span<float> output_gradients) {
  if (layer < network.first_read()) return;
  size_t place = 0;
  for (size_t l = network.first_read(); l < layer; ++l) place += size_of(network.layers[l].hidden);
  const auto width = size_of(network.read_units()), units = size_of(network.layers[layer].hidden);
  for (size_t row = 0; row * width < read_gradients.size(); ++row)
    for (size_t u = 0; u < units; ++u) output_gradients[row * units + u] += read_gradients[row * width + place + u];
}

}  // namespace flashcell::quant
