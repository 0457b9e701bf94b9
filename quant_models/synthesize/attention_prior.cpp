#include "quant_models/synthesize/attention_prior.hpp"

#include <cmath>

namespace flashcell::quant {
namespace {

constexpr int kMostGaussians = 4;

double gaussian(double x, double centre, double deviation) {
  const double steps = (x - centre) / deviation;
  return std::exp(-steps * steps / 2);
}

}  // namespace

at::Tensor draw_attention_priors(int64_t count, int64_t rows, int64_t columns, Random& random) {
  at::Tensor priors = at::zeros({count, rows * columns}, at::kFloat);
  for (int64_t i = 0; i < count; ++i) {
    float* const prior = priors.data_ptr<float>() + i * rows * columns;
    const uint64_t gaussians = 1 + random.below(kMostGaussians);
    for (uint64_t g = 0; g < gaussians; ++g) {
      const auto side_rows = static_cast<double>(rows), side_columns = static_cast<double>(columns);
      const double row = random.uniform(0, side_rows), column = random.uniform(0, side_columns);
      const double high = random.uniform(side_rows / 12, side_rows / 3);
      const double wide = random.uniform(side_columns / 12, side_columns / 3);
      const double share = random.uniform(0.25, 1);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
          prior[r * columns + c] += static_cast<float>(share * gaussian(static_cast<double>(r) + 0.5, row, high) *
                                                       gaussian(static_cast<double>(c) + 0.5, column, wide));
    }
  }
  return priors / priors.mean(1, true);
}

at::Tensor attention_prior_loss(const at::Tensor& weights, int64_t others, const at::Tensor& priors) {
  const at::Tensor heads = weights.mean(1);
  const at::Tensor paid = (others > 0 ? heads.select(1, 0) : heads.mean(1)).slice(1, others);
  return (paid / paid.mean(1, true) - priors).square().mean();
}

at::Tensor draw_soft_labels(const at::Tensor& asked, int64_t classes, Random& random) {
  at::Tensor scores = at::empty({asked.numel(), classes}, at::kFloat);
  for (int64_t i = 0; i < asked.numel(); ++i) {
    float* const row = scores.data_ptr<float>() + i * classes;
    for (int64_t c = 0; c < classes; ++c) row[c] = static_cast<float>(random.uniform());
    row[asked.data_ptr<int64_t>()[i]] = static_cast<float>(random.uniform(5, 10));
  }
  return scores.softmax(1);
}

}  // namespace flashcell::quant
