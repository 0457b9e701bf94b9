#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace flashcell::quant {

/// Planes as sums of low-passed numbers (low_pass.hpp), each octave with half the cutoff of the one before and all of
/// the same variance: independent numbers of variance 1 give planes of variance 1 whose power falls with the square of
/// the frequency, as that of photographs does. Ours, after the decorrelated images of Olah et al., Feature
/// Visualization, Distill 2017, and SynQ's low-pass, the first octave.
class Octaves {
 public:
  /// Pixels of a side up to which products with matrices take no more time than Fourier transforms.
  static constexpr int64_t kLongestProduct = 64;

  /// `cutoff`: of the first octave, in periods an image. Throws std::invalid_argument where one is not above 0.
  Octaves(int64_t rows, int64_t columns, double cutoff, int count);

  int64_t count() const { return step_.size(1); }
  /// N x count() x C x H x W to N x C x H x W. Gradients pass.
  at::Tensor sum(const at::Tensor& numbers) const;
  /// 1 x count() x 1 x 1 x 1: how far all numbers of an octave have to move for its planes to move by 1. Coarse octaves
  /// have many numbers for each wave, and little is enough.
  const at::Tensor& step() const { return step_; }

 private:
  int64_t rows_, columns_;
  std::vector<at::Tensor> along_rows_, along_columns_;  // matrices of short sides
  at::Tensor gains_;                                    // of long ones, in the Fourier plane
  at::Tensor step_;
};

}  // namespace flashcell::quant
