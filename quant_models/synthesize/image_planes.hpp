#pragma once
#include <ATen/ATen.h>

#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// Between numbers that are learned, of mean 0 and variance 1 or so, and images as a network takes them.
class ImagePlanes {
 public:
  explicit ImagePlanes(const InputRange& range);

  /// N x C x H x W: centre + spread * numbers, cut off at the range of pixels. Gradients pass.
  at::Tensor from_numbers(const at::Tensor& numbers) const;

  /// Mean absolute difference of neighbouring pixels, in spreads.
  at::Tensor variation(const at::Tensor& images) const;

 private:
  at::Tensor centre_, spread_, low_, high_;  // 1 x C x 1 x 1
};

}  // namespace flashcell::quant
