#include "quant_models/synthesize/generator.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/synthesize/torch_random.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kMostFirstRows = 8;
constexpr int kLeastStages = 2;

at::Tensor uniform_tensor(at::IntArrayRef shape, double reach, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* const numbers = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) numbers[i] = static_cast<float>(random.uniform(-reach, reach));
  return tensor;
}

at::Tensor normalized(const at::Tensor& x, const at::Tensor& factor, const at::Tensor& shift) {
  return at::batch_norm(x, factor, shift, {}, {}, true, 0, 1e-5, false);
}

/// Hands out the parameters in the order in which they were made.
class Reader {
 public:
  explicit Reader(std::span<const at::Tensor> parameters) : parameters_(parameters) {}
  const at::Tensor& next() { return parameters_[next_++]; }

 private:
  std::span<const at::Tensor> parameters_;
  size_t next_ = 0;
};

}  // namespace

Generator::Generator(const Shape& image, int64_t classes, int64_t width, uint64_t seed)
    : image_(image), classes_(classes), width_(width) {
  const int64_t longer = std::max(image.at(2), image.at(3));
  while (stages_ < kLeastStages || (longer >> stages_) > kMostFirstRows) ++stages_;
  const int64_t factor = int64_t{1} << stages_;
  rows_ = (image[2] + factor - 1) / factor;
  columns_ = (image[3] + factor - 1) / factor;
  Random random(seed, {0x6e});
  const auto add_layer = [&](at::IntArrayRef shape) {
    const double reach = 1 / std::sqrt(static_cast<double>(c10::multiply_integers(shape.slice(1))));
    parameters_.push_back({"weight", uniform_tensor(shape, reach, random), false});
    parameters_.push_back({"bias", uniform_tensor({shape[0]}, reach, random), false});
  };
  const auto add_normalization = [&](int64_t channels) {
    parameters_.push_back({"factor", at::ones({channels}), false});
    parameters_.push_back({"shift", at::zeros({channels}), false});
  };
  if (classes > 0) parameters_.push_back({"embedding", normal_tensor({classes, kLatentNumbers}, random), false});
  add_layer({width * rows_ * columns_, kLatentNumbers});
  add_normalization(width);
  int64_t channels = width;
  for (int stage = 0; stage < stages_; ++stage) {
    const int64_t out = stage + 1 == stages_ ? std::max<int64_t>(1, width / 2) : width;
    add_layer({out, channels, 3, 3});
    add_normalization(out);
    channels = out;
  }
  add_layer({image[1], channels, 3, 3});
}

at::Tensor Generator::forward(const at::Tensor& noise, const at::Tensor& labels,
                              std::span<const at::Tensor> parameters) const {
  Reader read(parameters);
  at::Tensor x = classes_ > 0 ? at::embedding(read.next(), labels) * noise : noise;
  const auto layer = [&](const auto& apply) {
    const at::Tensor &weight = read.next(), &bias = read.next();
    x = apply(x, weight, bias);
  };
  const auto normalize = [&] {
    const at::Tensor &factor = read.next(), &shift = read.next();
    x = normalized(x, factor, shift);
  };
  const auto convolve = [](const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias) {
    return at::conv2d(in, weight, bias, 1, 1);
  };
  layer([](const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias) {
    return at::linear(in, weight, bias);
  });
  x = x.reshape({-1, width_, rows_, columns_});
  normalize();
  for (int stage = 0; stage < stages_; ++stage) {
    x = at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});
    layer(convolve);
    normalize();
    x = at::leaky_relu(x, 0.2);
  }
  x = x.narrow(2, 0, image_[2]).narrow(3, 0, image_[3]);
  layer(convolve);
  return normalized(x.tanh(), {}, {});
}

}  // namespace flashcell::quant
