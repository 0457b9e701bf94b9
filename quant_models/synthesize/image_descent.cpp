#include "quant_models/synthesize/image_descent.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/synthesize/torch_random.hpp"
#include "quant_models/train/schedule.hpp"

namespace flashcell::quant {

ImageDescent::ImageDescent(const ImagePlanes& planes, const Octaves* octaves, const Shape& shape, int64_t count,
                           const ImageDescentOptions& options, Random random)
    : planes_(planes), octaves_(octaves), options_(options), random_(random) {
  numbers_ = normal_tensor({count, octaves_ == nullptr ? 1 : octaves_->count(), shape[1], shape[2], shape[3]}, random_);
  mean_ = at::zeros_like(numbers_);
  square_ = at::zeros_like(numbers_);
}

double ImageDescent::step(const Loss& loss_of) {
  const at::Tensor leaf = numbers_.detach().requires_grad_();
  const at::Tensor loss = loss_of(moved(images_of(leaf)));
  const at::Tensor gradient = torch::autograd::grad({loss}, {leaf})[0];
  const at::NoGradGuard no_gradients;
  const double value = loss.item().toDouble();
  if (!std::isfinite(value))
    throw ModelError("the loss of synthetic images is no longer finite: the network's numbers are off");
  constexpr double kEpsilon = 1e-12;
  const double rate = learning_rate(options_.learning_rate, step_, options_.steps, options_.steps / 10);
  ++step_;
  mean_.mul_(options_.beta1).add_(gradient, 1 - options_.beta1);
  square_.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  const double bias1 = 1 - std::pow(options_.beta1, step_), bias2 = 1 - std::pow(options_.beta2, step_);
  at::Tensor direction = mean_ / (square_ / bias2).sqrt_().add_(kEpsilon);
  if (octaves_ != nullptr) direction = direction * octaves_->step();
  numbers_.add_(direction, -rate / bias1);
  return value;
}

at::Tensor ImageDescent::images() const {
  const at::NoGradGuard no_gradients;
  return images_of(numbers_).contiguous();
}

at::Tensor ImageDescent::images_of(const at::Tensor& numbers) const {
  return planes_.from_numbers(octaves_ == nullptr ? numbers.squeeze(1) : octaves_->sum(numbers));
}

at::Tensor ImageDescent::moved(const at::Tensor& images) {
  const auto shift = [&](int64_t side) {
    const int64_t most = side / 16;
    return static_cast<int64_t>(random_.below(static_cast<uint64_t>(2 * most + 1))) - most;
  };
  const int64_t rows = shift(images.size(2)), columns = shift(images.size(3));
  const at::Tensor rolled = at::roll(images, {rows, columns}, {2, 3});
  return random_.next() >> 63 != 0 ? rolled.flip({3}) : rolled;
}

}  // namespace flashcell::quant
