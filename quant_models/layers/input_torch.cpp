#include "quant_models/layers/input.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Input::make_torch_operation(TorchParameters&) const {
  return {};
}

}  // namespace flashcell::quant
