#include "quant_models/layers/concat.hpp"

#include <algorithm>

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Concat::make_torch_operation(TorchParameters&) const {
  return {[axis = axis](std::span<const at::Tensor> in, const TorchRun&) {
    std::vector<at::Tensor> parts(in.begin(), in.end());
    int64_t batch = 1;
    for (const at::Tensor& part : parts) batch = std::max(batch, part.size(0));
    for (at::Tensor& part : parts) {
      if (axis == 0 || part.size(0) == batch) continue;
      std::vector<int64_t> extents(static_cast<size_t>(part.dim()), -1);
      extents[0] = batch;
      part = part.expand(extents);
    }
    return at::cat(parts, axis);
  }};
}

}  // namespace flashcell::quant
