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

TEST(LowPass, IsTheProductInTheFourierPlane) {
  Random random(1, {});
  for (const auto& [rows, columns, cutoff] : {std::tuple{8, 8, 2.0}, {7, 10, 3.0}, {1, 5, 1.0}, {12, 4, 100.0}}) {
    std::vector<float> image(static_cast<size_t>(rows * columns));
    for (float& x : image) x = static_cast<float>(random.normal());
    const std::vector<double> expected = fourier_filtered(image, rows, columns, cutoff);
    LowPass(rows, columns, cutoff).apply(image);
    for (size_t i = 0; i < image.size(); ++i) EXPECT_NEAR(static_cast<double>(image[i]), expected[i], 1e-5);
  }
}

TEST(LowPass, KeepsMeansAndTakesPlanesOneByOne) {
  const LowPass filter(6, 6, 1.5);
  std::vector<float> planes(72, 0.0F);
  planes[40] = 36;  // in the second plane
  filter.apply(planes);
  double first = 0, second = 0;
  for (size_t i = 0; i < 36; ++i) {
    first += std::abs(static_cast<double>(planes[i]));
    second += static_cast<double>(planes[36 + i]);
  }
  EXPECT_EQ(first, 0);
  EXPECT_NEAR(second, 36, 1e-4);
  EXPECT_LT(planes[40], 18);
}

TEST(LowPass, PublishedCutoffs) {
  EXPECT_NEAR(LowPass::published_cutoff(32, 32), 8, 1e-9);
  EXPECT_NEAR(LowPass::published_cutoff(224, 300), 40, 1e-9);
  EXPECT_GT(LowPass::published_cutoff(64, 64), 8);
}

TEST(LowPass, RefusesWhatIsNoFilter) {
  EXPECT_THROW(LowPass(0, 4, 1), std::invalid_argument);
  EXPECT_THROW(LowPass(4, 4, 0), std::invalid_argument);
  std::vector<float> part(15);
  EXPECT_THROW(LowPass(4, 4, 1).apply(part), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
