#pragma once
#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "quant_models/tensor/tensor.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

inline constexpr int64_t kLatentNumbers = 100;

/// Makes images of noise and a class: embedding of the class times noise -> fully connected to small planes -> batch
/// normalization -> each stage twice the size, convolution 3x3, batch normalization, leaky ReLU 0.2 -> convolution to
/// the channels -> tanh -> batch normalization without factor and shift. Source: Xu et al., GDFQ, ECCV 2020, of which
/// `width` is 128 and there are two stages (32 pixels); here so many that the first planes have at most 8 rows.
/// Batch normalization always goes by the batch. Only reads: several threads may use it at once.
class Generator {
 public:
  /// `image`: 1 x C x H x W. `classes`: 0: the noise alone decides.
  Generator(const Shape& image, int64_t classes, int64_t width, uint64_t seed);

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  /// `noise`: N x kLatentNumbers, `labels`: N. Gives N x C x H x W of mean 0 and variance 1 in every channel.
  at::Tensor forward(const at::Tensor& noise, const at::Tensor& labels, std::span<const at::Tensor> parameters) const;

 private:
  Shape image_;
  int64_t classes_, width_, rows_ = 0, columns_ = 0;
  int stages_ = 0;
  std::vector<Parameter> parameters_;
};

}  // namespace flashcell::quant
