#include "quant_models/layers/constant.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Constant::make_torch_operation(TorchParameters&) const {
  return {[value = to_torch(value)](std::span<const at::Tensor>, const TorchRun&) { return value; }};
}

}  // namespace flashcell::quant
