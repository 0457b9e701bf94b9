#include "quant_models/synthesize/contrastive_memory.hpp"

#include <cmath>

#include "quant_models/synthesize/torch_random.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kCode = 64, kQueue = 512;
constexpr int64_t kChannels[] = {16, 32, 32};  // of planes of half, a quarter and an eighth of the size
constexpr double kTemperature = 0.2, kFollow = 0.99, kSlope = 0.2;

// Codes tell images apart, not the same one moved by a pixel or two, mirrored, or a little noisy.
at::Tensor another_view(const at::Tensor& images, Random& random) {
  const auto shift = [&] { return static_cast<int64_t>(random.below(5)) - 2; };
  const int64_t rows = shift(), columns = shift();
  const at::Tensor rolled = at::roll(images, {rows, columns}, {2, 3});
  const at::Tensor turned = random.next() >> 63 != 0 ? rolled.flip({3}) : rolled;
  return turned + 0.1 * normal_tensor(images.sizes(), random);
}

}  // namespace

at::Tensor info_nce(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& others, double temperature) {
  const auto unit = [](const at::Tensor& x) { return x / x.norm(2, {1}, true).clamp_min(1e-8); };
  const at::Tensor q = unit(queries);
  const at::Tensor own = (q * unit(keys)).sum(1, true), other = at::matmul(q, unit(others).t());
  return (at::logsumexp(at::cat({own, other}, 1) / temperature, {1}) - own.squeeze(1) / temperature).mean();
}

ContrastiveMemory::ContrastiveMemory(const Shape& image, uint64_t seed)
    : image_(image), rows_(image.at(2)), columns_(image.at(3)) {
  Random random(seed, {0xc0});
  const auto add = [&](at::IntArrayRef shape) {
    const double inputs = static_cast<double>(c10::multiply_integers(shape.slice(1)));
    parameters_.push_back({"encoder", normal_tensor(shape, random) / std::sqrt(inputs), false});
  };
  int64_t channels = image[1];
  for (const int64_t out : kChannels) {
    add({out, channels, 3, 3});
    channels = out;
    rows_ = (rows_ + 1) / 2;
    columns_ = (columns_ + 1) / 2;
  }
  add({kCode, channels * rows_ * columns_});
  for (const Parameter& p : parameters_) slow_.push_back(p.value.clone());
  queue_ = normal_tensor({kQueue, kCode}, random);
  filled_ = at::zeros({1});
}

at::Tensor ContrastiveMemory::encode(const at::Tensor& images, std::span<const at::Tensor> parameters) const {
  at::Tensor x = images;
  for (size_t layer = 0; layer + 1 < parameters.size(); ++layer)
    x = at::leaky_relu(at::conv2d(x, parameters[layer], {}, 2, 1), kSlope);
  return at::linear(x.flatten(1), parameters.back());
}

at::Tensor ContrastiveMemory::decode(const at::Tensor& codes, std::span<const at::Tensor> parameters) const {
  at::Tensor x = at::leaky_relu(at::matmul(codes, parameters.back()), kSlope);
  x = x.reshape({-1, kChannels[std::size(kChannels) - 1], rows_, columns_});
  for (size_t layer = parameters.size() - 1; layer-- > 0;) {
    x = at::conv_transpose2d(x, parameters[layer], {}, 2, 1, 1);
    if (layer > 0) x = at::leaky_relu(x, kSlope);
    // Halving rounded up on the way down.
    const auto side = [&](int64_t whole) { return (whole + (int64_t{1} << layer) - 1) >> layer; };
    x = x.narrow(2, 0, side(image_[2])).narrow(3, 0, side(image_[3]));
  }
  return x;
}

ContrastiveMemory::Terms ContrastiveMemory::look(const at::Tensor& images, std::span<const at::Tensor> parameters,
                                                 Random& random) const {
  Terms terms;
  {
    const at::NoGradGuard no_gradients;
    terms.codes = encode(another_view(images.detach(), random), slow_);
  }
  terms.contrast = info_nce(encode(another_view(images, random), parameters), terms.codes, queue_, kTemperature);
  const at::Tensor fixed = images.detach();
  terms.restoration = (decode(encode(fixed, parameters), parameters) - fixed).square().mean();
  return terms;
}

void ContrastiveMemory::remember(const at::Tensor& codes) {
  const at::NoGradGuard no_gradients;
  for (size_t i = 0; i < slow_.size(); ++i) slow_[i].mul_(kFollow).add_(parameters_[i].value, 1 - kFollow);
  auto filled = static_cast<int64_t>(filled_.item<float>());
  for (int64_t row = 0; row < codes.size(0); ++row, ++filled) queue_[filled % kQueue].copy_(codes[row]);
  // Counted on only as far as matters: a float holds it exactly.
  filled_.fill_(static_cast<float>(filled >= 2 * kQueue ? filled - kQueue : filled));
}

bool ContrastiveMemory::is_full() const {
  return filled_.item<float>() >= static_cast<float>(kQueue);
}

at::Tensor ContrastiveMemory::restore(int64_t count, Random& random) const {
  const at::NoGradGuard no_gradients;
  at::Tensor rows = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) rows.data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(kQueue));
  std::vector<at::Tensor> parameters;
  for (const Parameter& p : parameters_) parameters.push_back(p.value);
  return decode(queue_.index_select(0, rows), parameters);
}

std::vector<at::Tensor*> ContrastiveMemory::state() {
  std::vector<at::Tensor*> all;
  for (at::Tensor& t : slow_) all.push_back(&t);
  all.push_back(&queue_);
  all.push_back(&filled_);
  return all;
}

}  // namespace flashcell::quant
