#pragma once
#include <ATen/ATen.h>

namespace flashcell::quant {

/// at::matmul() of values of two dimensions and more by our own kernel (RowProduct), once and again differentiable: the
/// same bytes on every machine, and many times as fast where libtorch stands on the reference BLAS, as Debian's does
/// unless another is installed. Other types than float32 go to libtorch.
at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b);

}  // namespace flashcell::quant
