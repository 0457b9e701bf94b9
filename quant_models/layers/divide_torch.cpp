#include "quant_models/layers/divide.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Divide::make_torch_operation(TorchParameters&) const {
  return {[](std::span<const at::Tensor> in, const TorchRun&) { return in[0] / in[1]; }};
}

}  // namespace flashcell::quant
