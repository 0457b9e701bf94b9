#pragma once
#include "quant_models/layers/layer.hpp"
#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/trained_values.hpp"

namespace flashcell::quant {

/// The layer's own operation; what training may change of it goes into `parameters`. Throws ModelError for one that
/// training lacks.
TorchOperation make_torch_operation(const Layer& layer, TorchParameters& parameters);

/// The layer's numbers as training left them; nothing for layers without.
void take_trained(Layer& layer, const TrainedValues& values);

}  // namespace flashcell::quant
