#include "quant_models/train/torch_fake_quantize.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <stdexcept>

#include "quant_models/tensor/fake_quantize_vectors.hpp"

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
    const at::Tensor dense = x.contiguous(), scales = scale.contiguous();
    at::Tensor out = at::empty_like(dense);
    const int64_t each = dense.numel() / scales.numel();
    for (int64_t i = 0; i < scales.numel(); ++i)
      fake_quantize(dense.data_ptr<float>() + i * each, each,
                    steps(scales, i, lowest - zero_point, highest - zero_point), out.data_ptr<float>() + i * each);
    context->save_for_backward({dense, scales});
    context->saved_data["lowest"] = lowest - zero_point;
    context->saved_data["highest"] = highest - zero_point;
    context->saved_data["limit"] = highest;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    if (at::GradMode::is_enabled()) throw std::logic_error("fake_quantize: there is no second derivative");
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &scales = saved[1], of_out = gradients[0].contiguous();
    const int64_t lowest = context->saved_data["lowest"].toInt(), highest = context->saved_data["highest"].toInt();
    at::Tensor of_x = at::empty_like(x), of_scale = at::empty_like(scales);
    const int64_t each = x.numel() / scales.numel();
    const double size = static_cast<double>(each) * static_cast<double>(context->saved_data["limit"].toInt());
    for (int64_t i = 0; i < scales.numel(); ++i) {
      const double sum =
          fake_quantize_gradients(x.data_ptr<float>() + i * each, of_out.data_ptr<float>() + i * each, each,
                                  steps(scales, i, lowest, highest), of_x.data_ptr<float>() + i * each);
      of_scale.data_ptr<float>()[i] = static_cast<float>(sum / std::sqrt(size));
    }
    return {of_x, of_scale, at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  static QuantizationSteps steps(const at::Tensor& scales, int64_t i, int64_t lowest, int64_t highest) {
    return {scales.data_ptr<float>()[i], static_cast<float>(lowest), static_cast<float>(highest)};
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
