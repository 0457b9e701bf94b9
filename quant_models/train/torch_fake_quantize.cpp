#include "quant_models/train/torch_fake_quantize.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace flashcell::quant {
namespace {

// One scale for each index of the first dimension, shaped so that it stretches over x.
at::Tensor stretch(const at::Tensor& scale, const at::Tensor& x) {
  if (scale.numel() == 1) return scale.reshape({});
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[0] = scale.numel();
  return scale.reshape(shape);
}

struct FakeQuantize : torch::autograd::Function<FakeQuantize> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            int64_t lowest, int64_t highest, int64_t zero_point) {
    const at::Tensor wide = stretch(scale, x);
    const at::Tensor ratio = x / wide;
    const at::Tensor below = ratio.floor();
    const at::Tensor rounded = below + (ratio - below).ge(0.5).to(ratio.scalar_type()) + zero_point;
    const at::Tensor integers = rounded.clamp(lowest, highest);
    const at::Tensor offset = integers - zero_point;
    context->save_for_backward({ratio, offset, rounded.eq(integers), scale});
    context->saved_data["highest"] = highest;
    return wide * offset;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &ratio = saved[0], &offset = saved[1], &inside = saved[2], &scale = saved[3];
    const at::Tensor of_x = gradients[0] * inside;
    at::Tensor of_scale;
    if (context->needs_input_grad(1)) {
      const at::Tensor each = gradients[0] * (offset - ratio * inside);
      const double numbers = static_cast<double>(ratio.numel()) / static_cast<double>(scale.numel());
      const double highest = static_cast<double>(context->saved_data["highest"].toInt());
      const at::Tensor sum = scale.numel() == 1 ? each.sum() : each.flatten(1).sum(1);
      of_scale = (sum / std::sqrt(numbers * highest)).reshape(scale.sizes());
    }
    return {of_x, of_scale, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

struct FakeQuantizeLogSqrt2 : torch::autograd::Function<FakeQuantizeLogSqrt2> {
  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor& x, double scale, int64_t highest) {
    constexpr double kLeast = 1e-37;  // of normal numbers: the logarithm of 0 is none
    const at::Tensor steps = (x / scale).clamp_min(kLeast).log2_().mul_(-2);
    const at::Tensor integers = steps.add_(0.5).floor_().clamp_(0, highest);
    return (integers * -0.5).exp2_().mul_(scale).masked_fill_(integers.eq(highest), 0);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0], at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor with_errors(const at::Tensor& x, const at::Tensor& errors, const at::Tensor& scale, int32_t highest) {
  const double numbers = static_cast<double>(x.numel()) / static_cast<double>(scale.numel());
  const double share = 1 / std::sqrt(numbers * highest);
  const at::Tensor limit = (scale * share + scale.detach() * (1 - share)) * highest;
  return x + errors * stretch(limit, x);
}

at::Tensor fake_quantize_log_sqrt2(const at::Tensor& x, float scale, int32_t highest) {
  return FakeQuantizeLogSqrt2::apply(x, static_cast<double>(scale), int64_t{highest});
}

at::Tensor fake_quantize(const at::Tensor& x, const at::Tensor& scale, const IntegerRange& range) {
  return FakeQuantize::apply(x, scale, range.lowest, range.highest, range.zero_point);
}

}  // namespace flashcell::quant
