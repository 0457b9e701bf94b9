#include "tracking/moment_split.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace flashcell::tracking {
namespace {

/// Second moments of an ellipse with these half axes, turned by `angle`.
Spread ellipse(double major, double minor, double angle) {
  const double a = major * major / 4, b = minor * minor / 4, c = std::cos(angle), s = std::sin(angle);
  return {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

TEST(Spread, HasTheAxesOfItsEllipse) {
  for (const double turn : {-1.5, -0.4, 0.0, 0.7, 1.5}) {
    const Spread spread = ellipse(9, 4, turn);
    EXPECT_NEAR(orientation(spread), turn, 1e-12);
    EXPECT_NEAR(major_axis(spread), 18, 1e-12);
    EXPECT_NEAR(minor_axis(spread), 8, 1e-12);
  }
  EXPECT_EQ(orientation({}), 0);
  EXPECT_EQ(major_axis({}), 0);
  EXPECT_EQ(orientation({2, 0, 2}), 0) << "a disc has no direction";
}

/// What is measured of both together.
Detection together(const Part& a, const Part& b) {
  Detection blob;
  blob.area = a.area + b.area;
  const double p = a.area / blob.area, q = 1 - p;
  blob.x = p * a.x + q * b.x;
  blob.y = p * a.y + q * b.y;
  const double dx = b.x - a.x, dy = b.y - a.y;
  blob.cov_xx = p * a.spread.xx + q * b.spread.xx + p * q * dx * dx;
  blob.cov_xy = p * a.spread.xy + q * b.spread.xy + p * q * dx * dy;
  blob.cov_yy = p * a.spread.yy + q * b.spread.yy + p * q * dy * dy;
  blob.has_shape = true;
  return blob;
}

class RandomPairs : public testing::Test {
 protected:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  Part part(double x, double y) {
    const double major = uniform(8, 20), minor = uniform(4, 8);
    return {3.14159265 * major * minor, ellipse(major, minor, uniform(0, 3.14)), x, y};
  }
  std::mt19937 random_{5};
};

TEST_F(RandomPairs, KnownShapesAreFoundExactly) {
  for (int trial = 0; trial < 1000; ++trial) {
    const Part a = part(100, 100), b = part(100 + uniform(-40, 40), 100 + uniform(-40, 40));
    const Detection blob = together(a, b);
    // Where they are thought to be is off, but says which is which.
    Part thought_a = a, thought_b = b;
    thought_a.x += uniform(-1, 1) * 0.3 * (b.x - a.x);
    thought_b.y += uniform(-1, 1) * 0.3 * (b.y - a.y);
    const auto places = split_by_moments(blob, thought_a, thought_b);
    ASSERT_TRUE(places) << trial;
    EXPECT_NEAR(places->ax, a.x, 1e-6);
    EXPECT_NEAR(places->ay, a.y, 1e-6);
    EXPECT_NEAR(places->bx, b.x, 1e-6);
    EXPECT_NEAR(places->by, b.y, 1e-6);
    EXPECT_GT(places->variance, 0);
  }
}

TEST_F(RandomPairs, TurnedShapesAreFoundAboutAsWellAsIsSaid) {
  double worst = 0, sum = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const Part a = part(100, 100), b = part(100 + uniform(25, 40), 100 + uniform(-10, 10));
    const Part turned{a.area, ellipse(16, 8, uniform(0, 3.14)), a.x, a.y};
    const Detection blob = together({a.area, ellipse(16, 8, 0.7), a.x, a.y}, b);
    const auto places = split_by_moments(blob, turned, b);
    if (!places) continue;
    const double off = std::hypot(places->ax - a.x, places->ay - a.y) / std::sqrt(2 * places->variance);
    worst = std::max(worst, off);
    sum += off * off;
  }
  EXPECT_LT(worst, 8) << "standard deviations";
  EXPECT_LT(sum / 1000, 4);
}

TEST_F(RandomPairs, AreasThatDoNotAddUpSayNothing) {
  const Part a = part(100, 100), b = part(130, 110);
  for (const double share : {0.85, 1.2}) {
    Detection blob = together(a, b);
    blob.area *= share;
    EXPECT_FALSE(split_by_moments(blob, a, b)) << share;
  }
  Detection box = together(a, b);
  box.has_shape = false;
  EXPECT_FALSE(split_by_moments(box, a, b));
}

TEST_F(RandomPairs, NothingLeftOverSaysNothing) {
  const Part a = part(100, 100);
  const Part b{a.area, a.spread, 100, 100};
  Detection blob = together(a, b);
  blob.cov_xx *= 0.5;
  blob.cov_yy *= 0.5;
  EXPECT_FALSE(split_by_moments(blob, a, b));
}

}  // namespace
}  // namespace flashcell::tracking
