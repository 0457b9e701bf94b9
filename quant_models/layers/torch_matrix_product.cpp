#include "quant_models/layers/torch_matrix_product.hpp"

#include <ATen/ExpandUtils.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "quant_models/layers/row_product.hpp"

namespace flashcell::quant {
namespace {

// Matrices one behind the other: count x rows x columns, broadcast.
at::Tensor stacked(const at::Tensor& x, at::IntArrayRef batch) {
  std::vector<int64_t> shape(batch.begin(), batch.end());
  shape.insert(shape.end(), {x.size(-2), x.size(-1)});
  return x.expand(shape).reshape({-1, x.size(-2), x.size(-1)});
}

// `out`: rows x columns of one product. The second matrix may lie in any order.
void multiply(const at::Tensor& a, const at::Tensor& b, float* out) {
  RowProduct product(static_cast<int>(b.size(0)), static_cast<int>(b.size(1)));
  product.pack(b.data_ptr<float>(), b.stride(0), b.stride(1));
  product.multiply(a.data_ptr<float>(), a.size(0), out);
}

at::Tensor compute(const at::Tensor& a, const at::Tensor& b) {
  std::vector<int64_t> shape(a.sizes().begin(), a.sizes().end() - 1);
  if (b.dim() == 2) {  // one matrix for all rows
    const at::Tensor rows = a.reshape({-1, a.size(-1)}).contiguous();
    shape.push_back(b.size(1));
    at::Tensor out = at::empty({rows.size(0), b.size(1)}, a.options());
    multiply(rows, b, out.data_ptr<float>());
    return out.reshape(shape);
  }
  const std::vector<int64_t> batch = at::infer_size(a.sizes().slice(0, static_cast<size_t>(a.dim()) - 2),
                                                    b.sizes().slice(0, static_cast<size_t>(b.dim()) - 2));
  const at::Tensor left = stacked(a, batch).contiguous(), right = stacked(b, batch);
  at::Tensor out = at::empty({left.size(0), a.size(-2), b.size(-1)}, a.options());
  for (int64_t i = 0; i < left.size(0); ++i)
    multiply(left[i], right[i], out.data_ptr<float>() + i * a.size(-2) * b.size(-1));
  shape.assign(batch.begin(), batch.end());
  shape.insert(shape.end(), {a.size(-2), b.size(-1)});
  return out.reshape(shape);
}

struct MatrixProduct : torch::autograd::Function<MatrixProduct> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& a, const at::Tensor& b) {
    context->save_for_backward({a, b});
    return compute(a, b);
  }

  // Of products again, so that second derivatives come by themselves.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &a = saved[0], &b = saved[1], &g = gradients[0];
    at::Tensor of_a, of_b;
    if (context->needs_input_grad(0)) of_a = matrix_product(g, b.transpose(-2, -1)).sum_to_size(a.sizes());
    if (context->needs_input_grad(1)) {
      const bool one = b.dim() == 2;
      const at::Tensor rows = one ? a.reshape({-1, a.size(-1)}) : a, of_rows = one ? g.reshape({-1, g.size(-1)}) : g;
      of_b = matrix_product(rows.transpose(-2, -1), of_rows).sum_to_size(b.sizes());
    }
    return {of_a, of_b};
  }
};

}  // namespace

at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b) {
  const bool ours = a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && a.dim() > 1 && b.dim() > 1 &&
                    a.numel() > 0 && b.numel() > 0;
  return ours ? MatrixProduct::apply(a, b) : at::matmul(a, b);
}

}  // namespace flashcell::quant
