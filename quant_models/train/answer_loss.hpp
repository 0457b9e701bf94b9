#pragma once
#include <ATen/ATen.h>

namespace flashcell::quant {

/// How far a network's answers are from those of another one: Kullback-Leibler divergence of the scores' softmax at the
/// temperature, times its square (Hinton et al., Distilling the Knowledge in a Neural Network, 2015); of what is no row
/// of scores the mean squared difference over the power.
at::Tensor answer_loss(const at::Tensor& output, const at::Tensor& wanted, double temperature);

/// Mean squared difference over the mean square of what is wanted.
at::Tensor error_share(const at::Tensor& value, const at::Tensor& wanted);

}  // namespace flashcell::quant
