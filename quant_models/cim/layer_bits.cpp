#include "quant_models/cim/layer_bits.hpp"

#include "quant_models/cim/converter_cost.hpp"

namespace flashcell::quant::cim {
namespace {

BitsCost sum(const std::vector<LayerSensitivity>& layers, int TriedBits::*bits) {
  BitsCost all;
  for (const LayerSensitivity& layer : layers) {
    ConverterUse use{layer.name};
    use.columns = layer.columns;
    use.conversions = layer.conversions;
    use.bits = layer.converter.*bits;
    all.weight_bits += layer.weights * (layer.weight.*bits);
    all.square_millimetres += use.square_millimetres();
    all.microjoules += use.microjoules();
  }
  return all;
}

}  // namespace

BitsCost ChosenArrayBits::cost() const {
  return sum(layers, &TriedBits::chosen);
}

BitsCost ChosenArrayBits::cost_before() const {
  return sum(layers, &TriedBits::own);
}

}  // namespace flashcell::quant::cim
