#include "quant_models/layers/torch_window.hpp"

namespace flashcell::quant {

at::Tensor padded(const at::Tensor& x, const Padding& p, double value) {
  if (p.left == 0 && p.right == 0 && p.top == 0 && p.bottom == 0) return x;
  return at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
}

bool is_even(const Padding& p) {
  return p.left == p.right && p.top == p.bottom;
}

}  // namespace flashcell::quant
