#include "quant_models/layers/transpose.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Transpose::make_torch_operation(TorchParameters&) const {
  return {[order = std::vector<int64_t>(order.begin(), order.end())](std::span<const at::Tensor> in, const TorchRun&) {
    return in[0].permute(order);
  }};
}

}  // namespace flashcell::quant
