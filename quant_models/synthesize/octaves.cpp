#include "quant_models/synthesize/octaves.hpp"

#include <ATen/ops/fft_irfft2.h>
#include <ATen/ops/fft_rfft2.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/synthesize/low_pass.hpp"

namespace flashcell::quant {
namespace {

at::Tensor scaled(const std::vector<double>& values, double factor, at::IntArrayRef shape) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  std::transform(values.begin(), values.begin() + tensor.numel(), tensor.data_ptr<float>(),
                 [=](double v) { return static_cast<float>(factor * v); });
  return tensor;
}

double sum_of_squares(const double* values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += values[i] * values[i];
  return sum;
}

// Scaled so that filtered numbers of variance 1 have `variance`. Every row has the same numbers in another order.
at::Tensor filter_matrix(int64_t side, double cutoff, double variance) {
  const std::vector<double> values = low_pass_matrix(side, cutoff);
  return scaled(values, std::sqrt(variance / sum_of_squares(values.data(), side)), {side, side});
}

// The same in the Fourier plane, of the first `count` frequencies.
at::Tensor filter_gains(int64_t side, double cutoff, double variance, int64_t count) {
  const std::vector<double> values = low_pass_gains(side, cutoff);
  const double power = sum_of_squares(values.data(), side) / static_cast<double>(side);
  return scaled(values, std::sqrt(variance / power), {count});
}

}  // namespace

Octaves::Octaves(int64_t rows, int64_t columns, double cutoff, int count) : rows_(rows), columns_(columns) {
  if (count < 1) throw std::invalid_argument("Octaves: none are asked for");
  step_ = at::empty({1, count, 1, 1, 1}, at::kFloat);
  const bool transforms = std::max(rows, columns) > kLongestProduct;
  std::vector<at::Tensor> gains;
  for (int octave = 0; octave < count; ++octave) {
    const double octave_cutoff = std::ldexp(cutoff, -octave), variance = 1.0 / count;
    double moved = 0;
    if (transforms) {
      const int64_t half = columns / 2 + 1;  // of real numbers the other frequencies are the same
      gains.push_back(filter_gains(rows, octave_cutoff, variance, rows).unsqueeze(1) *
                      filter_gains(columns, octave_cutoff, 1, half));
      moved = gains.back()[0][0].item<double>();
    } else {
      along_rows_.push_back(filter_matrix(rows, octave_cutoff, variance));
      along_columns_.push_back(filter_matrix(columns, octave_cutoff, 1));
      moved = (along_rows_.back()[0].sum() * along_columns_.back()[0].sum()).item<double>();
    }
    step_[0][octave] = 1 / moved;
  }
  if (transforms) gains_ = at::stack(gains).unsqueeze(1).unsqueeze(0);
}

at::Tensor Octaves::sum(const at::Tensor& numbers) const {
  if (gains_.defined()) return at::fft_irfft2((at::fft_rfft2(numbers) * gains_).sum(1), {{rows_, columns_}});
  at::Tensor planes;
  for (size_t i = 0; i < along_rows_.size(); ++i) {
    // The matrix on the right: libtorch then multiplies all planes at once.
    const at::Tensor octave = numbers.select(1, static_cast<int64_t>(i));
    const at::Tensor filtered = octave.matmul(along_columns_[i]).transpose(2, 3).matmul(along_rows_[i]).transpose(2, 3);
    planes = planes.defined() ? planes + filtered : filtered;
  }
  return planes;
}

}  // namespace flashcell::quant
