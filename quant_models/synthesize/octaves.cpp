#include "quant_models/synthesize/octaves.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/synthesize/low_pass.hpp"

namespace flashcell::quant {
namespace {

// Scaled so that filtered numbers of variance 1 have `variance`. Every row has the same numbers in another order.
at::Tensor filter_matrix(const std::vector<double>& values, int64_t side, double variance) {
  double square = 0;
  for (int64_t i = 0; i < side; ++i) square += values[static_cast<size_t>(i)] * values[static_cast<size_t>(i)];
  const double factor = std::sqrt(variance / square);
  at::Tensor matrix = at::empty({side, side}, at::kFloat);
  std::transform(values.begin(), values.end(), matrix.data_ptr<float>(),
                 [=](double v) { return static_cast<float>(factor * v); });
  return matrix;
}

}  // namespace

Octaves::Octaves(int64_t rows, int64_t columns, double cutoff, int count) {
  if (count < 1) throw std::invalid_argument("Octaves: none are asked for");
  step_ = at::empty({1, count, 1, 1, 1}, at::kFloat);
  for (int octave = 0; octave < count; ++octave) {
    const LowPass filter(rows, columns, std::ldexp(cutoff, -octave));
    along_rows_.push_back(filter_matrix(filter.along_rows(), rows, 1.0 / count));
    along_columns_.push_back(filter_matrix(filter.along_columns(), columns, 1));
    const double moved = (along_rows_.back()[0].sum() * along_columns_.back()[0].sum()).item<double>();
    step_[0][octave] = 1 / moved;
  }
}

at::Tensor Octaves::sum(const at::Tensor& numbers) const {
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
