#include "quant_models/cim/layer_bits.hpp"

namespace flashcell::quant::cim {

int64_t ChosenBits::memory() const {
  int64_t sum = 0;
  for (const LayerSensitivity& layer : layers) sum += layer.weights * layer.chosen;
  return sum;
}

int64_t ChosenBits::memory_before() const {
  int64_t sum = 0;
  for (const LayerSensitivity& layer : layers) sum += layer.weights * bits.back();
  return sum;
}

}  // namespace flashcell::quant::cim
