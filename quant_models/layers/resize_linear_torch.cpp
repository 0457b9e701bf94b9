#include "quant_models/layers/resize_linear.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation ResizeLinear::make_torch_operation(TorchParameters&) const {
  return {[r = *this](std::span<const at::Tensor> in, const TorchRun&) {
    return at::upsample_bilinear2d(in[0], {in[0].size(2) * r.rows, in[0].size(3) * r.columns}, false);
  }};
}

}  // namespace flashcell::quant
