#include "quant_models/layers/global_pool.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation GlobalPool::make_torch_operation(TorchParameters&) const {
  return {[kind = kind](std::span<const at::Tensor> in, const TorchRun&) {
    return kind == PoolKind::max ? at::amax(in[0], {2, 3}, true) : at::mean(in[0], {2, 3}, true);
  }};
}

}  // namespace flashcell::quant
