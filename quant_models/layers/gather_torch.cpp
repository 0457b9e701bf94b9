#include "quant_models/layers/gather.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Gather::make_torch_operation(TorchParameters&) const {
  return {[axis = axis, chosen = at::tensor(indices)](std::span<const at::Tensor> in, const TorchRun&) {
    return at::index_select(in[0], axis, chosen);
  }};
}

}  // namespace flashcell::quant
