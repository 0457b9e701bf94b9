#include "quant_models/layers/softmax.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Softmax::make_torch_operation(TorchParameters&) const {
  return {[axis = axis, logarithm = logarithm](std::span<const at::Tensor> in, const TorchRun&) {
    return logarithm ? at::log_softmax(in[0], axis) : at::softmax(in[0], axis);
  }};
}

}  // namespace flashcell::quant
