#include "quant_models/layers/reduce_mean.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation ReduceMean::make_torch_operation(TorchParameters&) const {
  return {[over = std::vector<int64_t>(axes.begin(), axes.end()), keep = keep_dimensions](
              std::span<const at::Tensor> in, const TorchRun&) { return at::mean(in[0], over, keep); }};
}

}  // namespace flashcell::quant
