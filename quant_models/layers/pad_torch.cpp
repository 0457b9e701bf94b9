#include "quant_models/layers/pad.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Pad::make_torch_operation(TorchParameters&) const {
  std::vector<int64_t> amounts;  // from the last dimension to the first
  for (size_t i = before.size(); i-- > 0;) {
    amounts.push_back(before[i]);
    amounts.push_back(after[i]);
  }
  return {[amounts, value = value](std::span<const at::Tensor> in, const TorchRun&) {
    return at::constant_pad_nd(in[0], amounts, value);
  }};
}

}  // namespace flashcell::quant
