#include "quant_models/synthesize/fractal_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace flashcell::quant {
namespace {

/// Over many noises, of numbers at places some pixels apart: the mean square, and that of their difference.
struct Measured {
  double square = 0, difference = 0;
};
Measured measured(double period, double roughness, double apart) {
  constexpr int kNoises = 400, kPlaces = 50;
  Measured m;
  for (uint64_t seed = 0; seed < kNoises; ++seed) {
    const FractalNoise noise(period, roughness, 100 * seed);
    for (int i = 0; i < kPlaces; ++i) {
      const double x = 3.7 * i, y = -1.9 * i, here = noise.at(x, y);
      m.square += here * here / (kNoises * kPlaces);
      m.difference += std::pow(noise.at(x + apart, y) - here, 2) / (kNoises * kPlaces);
    }
  }
  return m;
}

TEST(FractalNoise, HasAVarianceOfOne) {
  for (const double roughness : {0.4, 1.0}) {
    EXPECT_NEAR(measured(30, roughness, 1).square, 1, 0.1) << roughness;
    EXPECT_NEAR(measured(3, roughness, 1).square, 1, 0.1) << roughness;
  }
}

TEST(FractalNoise, IsSmootherWithLessRoughnessAndLongerPeriods) {
  EXPECT_LT(measured(32, 0.4, 1).difference, 0.3 * measured(32, 1, 1).difference);
  EXPECT_LT(measured(32, 0.5, 1).difference, 0.5 * measured(8, 0.5, 1).difference);
  EXPECT_NEAR(measured(8, 0.5, 100).difference, 2, 0.2) << "far places know nothing of each other";
}

TEST(FractalNoise, ThePlaceAndTheSeedSayTheNumber) {
  const FractalNoise a(16, 0.7, 5), b(16, 0.7, 6);
  EXPECT_EQ(a.at(1.5, -7.25), FractalNoise(16, 0.7, 5).at(1.5, -7.25));
  EXPECT_NE(a.at(1.5, -7.25), b.at(1.5, -7.25));
  EXPECT_NEAR(a.at(1e6, 1e6), a.at(1e6 + 1e-6, 1e6), 1e-4) << "no jumps";
  EXPECT_EQ(FractalNoise().at(3, 4), 0);
  EXPECT_EQ(FractalNoise(0.5, 0.7, 5).at(3, 4), 0) << "nothing between pixels";
}

}  // namespace
}  // namespace flashcell::quant
