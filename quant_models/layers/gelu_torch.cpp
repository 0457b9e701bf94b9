#include "quant_models/layers/gelu.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Gelu::make_torch_operation(TorchParameters&) const {
  return {[form = by_tanh ? "tanh" : "none"](std::span<const at::Tensor> in, const TorchRun&) {
    return at::gelu(in[0], form);
  }};
}

}  // namespace flashcell::quant
