#include "quant_models/synthesize/low_pass.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>
#include <stdexcept>

#include "quant_models/random.hpp"

namespace flashcell::quant {
namespace {

using Complex = std::complex<double>;

// The definition: sums over all frequencies and all pixels.
std::vector<double> fourier_filtered(const std::vector<float>& image, int rows, int columns, double cutoff) {
  const auto wave = [](int k, int x, int n) { return std::polar(1.0, 2 * std::numbers::pi * k * x / n); };
  const auto signed_frequency = [](int k, int n) { return k <= n / 2 ? k : k - n; };
  std::vector<double> filtered(image.size());
  for (int u = 0; u < rows; ++u)
    for (int v = 0; v < columns; ++v) {
      Complex sum = 0;
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
          sum += static_cast<double>(image[static_cast<size_t>(r * columns + c)]) * wave(-u, r, rows) *
                 wave(-v, c, columns);
      const double a = signed_frequency(u, rows), b = signed_frequency(v, columns);
      sum *= std::exp(-(a * a + b * b) / (2 * cutoff * cutoff)) / (rows * columns);
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
          filtered[static_cast<size_t>(r * columns + c)] += (sum * wave(u, r, rows) * wave(v, c, columns)).real();
    }
  return filtered;
}

// Along rows and along columns, by matrices.
std::vector<double> filtered(const std::vector<float>& image, int rows, int columns, double cutoff) {
  const std::vector<double> along_rows = low_pass_matrix(rows, cutoff),
                            along_columns = low_pass_matrix(columns, cutoff);
  std::vector<double> result(image.size());
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
          result[static_cast<size_t>(r * columns + c)] +=
              along_rows[static_cast<size_t>(r * rows + i)] *
              static_cast<double>(image[static_cast<size_t>(i * columns + j)]) *
              along_columns[static_cast<size_t>(j * columns + c)];
  return result;
}

TEST(LowPass, IsTheProductInTheFourierPlane) {
  Random random(1, {});
  for (const auto& [rows, columns, cutoff] : {std::tuple{8, 8, 2.0}, {7, 10, 3.0}, {1, 5, 1.0}, {12, 4, 100.0}}) {
    std::vector<float> image(static_cast<size_t>(rows * columns));
    for (float& x : image) x = static_cast<float>(random.normal());
    const std::vector<double> expected = fourier_filtered(image, rows, columns, cutoff);
    const std::vector<double> found = filtered(image, rows, columns, cutoff);
    for (size_t i = 0; i < image.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-9);
  }
}

TEST(LowPass, GainsKeepMeansAndAreSymmetric) {
  const std::vector<double> gains = low_pass_gains(7, 1.5);
  ASSERT_EQ(gains.size(), 7U);
  EXPECT_EQ(gains[0], 1);
  for (size_t k = 1; k < 7; ++k) EXPECT_EQ(gains[k], gains[7 - k]);
  EXPECT_LT(gains[3], gains[1]);
}

TEST(LowPass, PublishedCutoffs) {
  EXPECT_NEAR(published_cutoff(32, 32), 8, 1e-9);
  EXPECT_NEAR(published_cutoff(224, 300), 40, 1e-9);
  EXPECT_GT(published_cutoff(64, 64), 8);
}

TEST(LowPass, RefusesWhatIsNoFilter) {
  EXPECT_THROW(low_pass_gains(0, 1), std::invalid_argument);
  EXPECT_THROW(low_pass_matrix(4, 0), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
