#include "quant_models/layers/product.hpp"

#include "quant_models/layers/torch_matrix_product.hpp"
#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Product::make_torch_operation(TorchParameters&) const {
  return {[scale = scale](std::span<const at::Tensor> in, const TorchRun&) {
    const at::Tensor product = matrix_product(in[0], in[1]);
    return scale == 1 ? product : product * scale;
  }};
}

}  // namespace flashcell::quant
