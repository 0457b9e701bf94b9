#include "quant_models/layers/pool.hpp"

#include <limits>

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/torch_window.hpp"

namespace flashcell::quant {
namespace {

at::Tensor pooled(const at::Tensor& x, const Pool& p) {
  const std::vector<int64_t> kernel = {p.kernel[0], p.kernel[1]}, stride = {p.stride.rows, p.stride.columns};
  if (p.kind == PoolKind::max)
    return at::max_pool2d(padded(x, p.padding, -std::numeric_limits<float>::infinity()), kernel, stride);
  if (p.count_padding || !is_even(p.padding)) {
    const at::Tensor sums = at::avg_pool2d(padded(x, p.padding, 0), kernel, stride);
    if (p.count_padding) return sums;
    const at::Tensor ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
    return sums / at::avg_pool2d(padded(ones, p.padding, 0), kernel, stride);
  }
  return at::avg_pool2d(x, kernel, stride, {p.padding.top, p.padding.left}, false, false);
}

}  // namespace

TorchOperation Pool::make_torch_operation(TorchParameters&) const {
  return {[pool = *this](std::span<const at::Tensor> in, const TorchRun&) { return pooled(in[0], pool); }};
}

}  // namespace flashcell::quant
