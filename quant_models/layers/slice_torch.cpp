#include "quant_models/layers/slice.hpp"

#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

TorchOperation Slice::make_torch_operation(TorchParameters&) const {
  return {[s = *this](std::span<const at::Tensor> in, const TorchRun&) {
    return at::slice(in[0], s.axis, s.begin, s.end, s.step);
  }};
}

}  // namespace flashcell::quant
