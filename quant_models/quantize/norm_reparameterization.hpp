#pragma once
#include <span>

#include "quant_models/calibrate/percentile_search.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// One scale in the place of one for each channel, exact in real numbers. Behind a layer normalization with factor
/// gamma and shift beta, channel c is stored best with scale s_c and zero point z_c. With the mean scale s and a common
/// zero point z, r_c = s_c / s and b_c = s (z - z_c) it becomes x'_c = x_c / r_c - b_c, which one scale and zero point
/// store as well: gamma / r and beta / r - b give x'; weights W r and bias + W r b of the layers that read it give what
/// they gave before. Source: Li et al., RepQ-ViT, ICCV 2023, section 4.1.
class NormReparameterization {
 public:
  /// `zero_point`: the common one; the authors' is the mean, which is no integer.
  NormReparameterization(std::span<const AffineSteps> channels, double zero_point);

  /// Of all channels together.
  const AffineSteps& steps() const { return steps_; }

  /// gamma and beta, a number a channel.
  void change_norm(Tensor& gamma, Tensor& beta) const;
  /// Weights outputs x channels, and a bias of outputs numbers or none, which becomes one.
  void change_reader(Tensor& weight, Tensor& bias) const;

  /// Mean zero point.
  static double mean_zero_point(std::span<const AffineSteps> channels);

 private:
  AffineSteps steps_;
  std::vector<double> factors_, shifts_;  // r, b
};

}  // namespace flashcell::quant
