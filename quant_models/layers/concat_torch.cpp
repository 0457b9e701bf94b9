#include "quant_models/layers/concat.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Concat::make_torch_operation(TorchParameters&) const {
  return {[axis = axis](std::span<const at::Tensor> in, const TorchRun&) {
    return at::cat(at::TensorList(in.data(), in.size()), axis);
  }};
}

}  // namespace flashcell::quant
