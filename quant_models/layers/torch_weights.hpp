#pragma once
#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/trained_values.hpp"

// What layers with a weight matrix have in common in training.
namespace flashcell::quant {

struct TorchWeights {
  TorchReader weight, bias;
};

template <class Layer>
TorchWeights add_weights(const Layer& layer, TorchParameters& parameters) {
  TorchReader weight = parameters.add_weight(layer.weight, layer.weight_quantization);
  return {std::move(weight), parameters.add("bias", layer.bias, false)};
}

template <class Layer>
void take_trained_weights(Layer& layer, const TrainedValues& values) {
  layer.weight = values.parameter("weight");
  if (!layer.bias.empty()) layer.bias = values.parameter("bias");
  if (layer.weight_quantization) layer.weight_quantization->scale = values.weight_scales();
}

}  // namespace flashcell::quant
