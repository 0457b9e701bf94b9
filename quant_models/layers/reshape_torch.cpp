#include "quant_models/layers/reshape.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Reshape::make_torch_operation(TorchParameters&) const {
  return {[target = target](std::span<const at::Tensor> in, const TorchRun&) {
    std::vector<int64_t> shape = target;
    for (size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == 0) shape[i] = in[0].size(static_cast<int64_t>(i));
    return in[0].reshape(shape);
  }};
}

}  // namespace flashcell::quant
