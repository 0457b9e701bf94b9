// Steps and features of tracks: what they are does not depend on frame rate, camera, place or direction.
#include "tracking/action_features.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

namespace flashcell::tracking {
namespace {

constexpr double kStep = 0.02;

/// An ellipse on a winding way, turning, breathing, with texture: everything in closed form.
struct Course {
  double scale = 1, angle = 0, shift = 0;  // of the camera: px a unit, turned by, moved by

  ActionSighting at(double t, ActionLook& look) const {
    const double x = 40 * t + 12 * std::sin(5 * t), y = 25 * std::cos(3 * t), axis = 7 * t + angle;
    const double size = scale * (1 + 0.2 * std::sin(4 * t)), along = 30 * size * size, across = 6 * size * size;
    // Pixels have second moments of their own, which no camera scales.
    look.area = 200 * size * size;
    look.cov_xx = along * std::cos(axis) * std::cos(axis) + across * std::sin(axis) * std::sin(axis) - 1.0 / 12;
    look.cov_yy = along * std::sin(axis) * std::sin(axis) + across * std::cos(axis) * std::cos(axis) - 1.0 / 12;
    look.cov_xy = (along - across) * std::cos(axis) * std::sin(axis);
    for (size_t i = 0; i < look.hlac.size(); ++i)
      look.hlac[i] = static_cast<float>(1 - 0.1 * static_cast<double>(i) * (1 + 0.3 * std::sin(6 * t)) / (20 * size));
    const double c = std::cos(angle), s = std::sin(angle);
    return {t, scale * (c * x - s * y) + shift, scale * (s * x + c * y) + shift, &look};
  }
};

std::vector<std::vector<float>> features_of(const Course& course, double fps, int steps) {
  ActionSteps track(kStep);
  ActionFeatures features;
  std::vector<std::vector<float>> all;
  const ActionInputs inputs{true, false};
  for (int64_t f = 0; static_cast<int>(all.size()) < steps; ++f) {
    ActionLook look;
    track.add(
        course.at(static_cast<double>(f) / fps, look), [&] { features.reset(); },
        [&](int64_t, const ActionSignals& means) {
          all.emplace_back(action_feature_count(inputs));
          features.next(means, inputs, kStep, all.back());
        });
  }
  all.resize(static_cast<size_t>(steps));
  return all;
}

double largest_difference(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double most = 0;
  for (size_t k = 0; k < a.size(); ++k)
    for (size_t i = 0; i < a[k].size(); ++i) most = std::max(most, std::abs(double{a[k][i]} - double{b[k][i]}));
  return most;
}

TEST(ActionSteps, HasTheMeansOfStraightSignalsAtAnyFrameRate) {
  for (const double fps : {3.0, 17.0, 50.0, 333.0, 2000.0}) {
    ActionSteps track(kStep);
    std::vector<double> means;
    int64_t first = -1;
    for (int f = 0; static_cast<double>(f) / fps < 2; ++f) {
      const double t = static_cast<double>(f) / fps;
      ActionLook look{100, 4, 0, 4, {}, 0, 0};
      track.add(
          {t, 30 * t - 5, 7, &look}, [] {},
          [&](int64_t step, const ActionSignals& m) {
            if (first < 0) first = step;
            EXPECT_EQ(step, first + static_cast<int64_t>(means.size()));
            EXPECT_DOUBLE_EQ(m[kSignalY], 7);
            EXPECT_NEAR(m[kSignalAlone], 1, 1e-12);
            means.push_back(m[kSignalX]);
          });
    }
    ASSERT_GT(means.size(), 70U) << fps;
    EXPECT_EQ(first, 0);
    for (size_t k = 0; k < means.size(); ++k)
      EXPECT_NEAR(means[k], 30 * (static_cast<double>(k) + 0.5) * kStep - 5, 1e-9) << fps << " step " << k;
  }
}

TEST(ActionSteps, WhatIsNotSeenStaysAndALongGapBeginsAnew) {
  ActionSteps track(kStep);
  int restarts = 0;
  std::vector<ActionSignals> seen;
  const auto add = [&](double t, double area) {
    ActionLook look{area, 9, 0, 4, {}, 0, 0};
    track.add(
        {t, t, 0, area > 0 ? &look : nullptr}, [&] { ++restarts; },
        [&](int64_t, const ActionSignals& m) { seen.push_back(m); });
  };
  add(0, 100);
  add(0.02, 100);
  add(0.06, 0);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_DOUBLE_EQ(seen[2][kSignalLogArea], std::log(100.0));
  EXPECT_LT(seen[2][kSignalAlone], 0.5);
  EXPECT_EQ(restarts, 1);
  add(0.06 + (ActionSteps::kMostSteps + 1) * kStep, 100);
  EXPECT_EQ(restarts, 2);
  EXPECT_EQ(seen.size(), 3U);
}

TEST(ActionSteps, CountsFullTurns) {
  for (const double fps : {50.0, 500.0}) {
    ActionSteps track(kStep);
    double turned = 0;
    for (int f = 0; f <= static_cast<int>(fps); ++f) {
      const double axis = 2 * std::numbers::pi * 3 * f / fps;  // three turns a second
      const double c = std::cos(axis), s = std::sin(axis);
      ActionLook look{100, 9 * c * c + 2 * s * s, 7 * c * s, 9 * s * s + 2 * c * c, {}, 0, 0};
      track.add(
          {f / fps, 0, 0, &look}, [] {}, [&](int64_t, const ActionSignals& m) { turned = m[kSignalTurned]; });
    }
    EXPECT_NEAR(turned, 2 * std::numbers::pi * 3 * (1 - kStep / 2), 1e-6) << fps;
  }
}

TEST(ActionFeatures, AreTheSameOfAnotherCameraPlaceAndDirection) {
  const auto usual = features_of({}, 500, 60);
  EXPECT_LT(largest_difference(usual, features_of({3, 0, 0}, 500, 60)), 1e-4);
  EXPECT_LT(largest_difference(usual, features_of({1, 0, 1000}, 500, 60)), 1e-4);
  EXPECT_LT(largest_difference(usual, features_of({2, 1.1, 50}, 500, 60)), 1e-4);
  // Not because nothing is in them.
  EXPECT_GT(largest_difference(usual, std::vector<std::vector<float>>(60, std::vector<float>(41))), 1);
}

TEST(ActionFeatures, AreNearlyTheSameAtAnotherFrameRate) {
  const auto usual = features_of({}, 2000, 60);
  EXPECT_LT(largest_difference(usual, features_of({}, 500, 60)), 0.01);
  EXPECT_LT(largest_difference(usual, features_of({}, 133, 60)), 0.2);
}

TEST(ActionFeatures, EventsCountByStepAndSize) {
  for (const int scale : {1, 2}) {
    ActionSteps track(kStep);
    ActionFeatures features;
    const ActionInputs inputs{false, true};
    std::vector<float> out(action_feature_count(inputs));
    for (int f = 0; f <= 100; ++f) {
      const auto square = static_cast<uint32_t>(scale * scale);
      ActionLook look{100.0 * square, 9.0 * square, 0, 4.0 * square, {}, 6 * square, 2 * square};
      track.add(
          {1e-3 * f, 0, 0, &look}, [&] { features.reset(); },
          [&](int64_t, const ActionSignals& m) { features.next(m, inputs, kStep, out); });
    }
    // 8 events in 1 ms are 160 a step, of 100 px.
    EXPECT_NEAR(out[kMotionFeatures], std::log(1.6 + 0.01), 1e-5);
    EXPECT_NEAR(out[kMotionFeatures + 2], 0.5, 0.01);
  }
}

}  // namespace
}  // namespace flashcell::tracking
