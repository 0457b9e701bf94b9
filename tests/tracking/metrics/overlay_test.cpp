#include "tracking/metrics/overlay.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

namespace flashcell::tracking {
namespace {

constexpr double kFps = 1000;

/// One object whose x is a function of time, s.
std::vector<LabelledObject> moving(const std::function<double(double)>& x, int frames, int64_t id = 1, double y = 50) {
  std::vector<LabelledObject> objects;
  for (int f = 1; f <= frames; ++f) objects.push_back({f, id, {}, x((f - 1) / kFps), y});
  return objects;
}

OverlayOptions display() {
  return {.fps = kFps, .display_hz = 125, .latency = 0.0035, .window = 0.01, .max_distance = 10};
}

// Frames come every ms and are known 3.5 ms later; pictures are shown every 8 ms: the newest known is 4 ms old.
TEST(Overlay, HeldDrawingsLagBySpeedTimesAge) {
  const auto truth = moving([](double t) { return 20 + 500 * t; }, 1000);
  const OverlayFigures f = judge_overlay(truth, truth, display());
  EXPECT_NEAR(f.age, 0.004, 1e-12);
  EXPECT_NEAR(f.oldest_age, 0.004, 1e-12);
  EXPECT_EQ(f.missing, 0);
  EXPECT_EQ(f.drawings, 124);  // from 8 to 992 ms
  EXPECT_NEAR(f.errors[0].rms, 2, 1e-9);
  EXPECT_NEAR(f.errors[0].p95, 2, 1e-9);
  EXPECT_NEAR(f.errors[0].jitter, 0, 1e-9);  // it lags evenly
  for (const size_t rule : {1, 2}) {
    EXPECT_NEAR(f.errors[rule].rms, 0, 1e-9);
    EXPECT_NEAR(f.errors[rule].jitter, 0, 1e-9);
  }
}

TEST(Overlay, AParabolaFollowsWhatALineDoesNot) {
  const double a = 8000;  // px/s^2
  const auto truth = moving([&](double t) { return 0.5 * a * t * t; }, 400);
  const OverlayFigures f = judge_overlay(truth, truth, display());
  EXPECT_NEAR(f.errors[2].rms, 0, 1e-6);
  // A line through 11 places at -10 to 0 ms of x = a t^2 / 2, 4 ms ahead: its residual there is a / 2 times
  // (u^2 - its least-squares line) = a / 2 * (16 + 10 * 4 + 15) ms^2.
  EXPECT_NEAR(f.errors[1].p95, 0.5 * a * (16 + 40 + 15) * 1e-6, 1e-6);
  EXPECT_GT(f.errors[0].rms, f.errors[1].rms);
}

// Latency that changes makes what is held tremble by the speed times the change; a line does not.
TEST(Overlay, LatencyThatChangesMakesDrawingsTremble) {
  const auto truth = moving([](double t) { return 20 + 500 * t; }, 1000);
  OverlayOptions options = display();
  options.latency_spread = 0.006;
  const OverlayFigures f = judge_overlay(truth, truth, options);
  EXPECT_GT(f.oldest_age, f.age + 0.001);
  EXPECT_GT(f.errors[0].jitter, 0.3);
  EXPECT_NEAR(f.errors[1].jitter, 0, 1e-9);
  const OverlayFigures again = judge_overlay(truth, truth, options);
  EXPECT_EQ(again.errors[0].jitter, f.errors[0].jitter);
}

TEST(Overlay, TracksOfOthersAreNotTaken) {
  auto truth = moving([](double t) { return 20 + 10 * t; }, 200);
  const auto other = moving([](double t) { return 24 + 10 * t; }, 200, 2);
  truth.insert(truth.end(), other.begin(), other.end());
  // Of the second one alone there is a track: the first one's nearest, but not its own.
  const auto tracks = moving([](double t) { return 24 + 10 * t; }, 200, 7);
  const OverlayFigures f = judge_overlay(truth, tracks, display());
  EXPECT_NEAR(f.missing, 0.5, 1e-12);
  EXPECT_NEAR(f.errors[0].rms, 0.04, 1e-9);
}

TEST(Overlay, NothingKnownNothingDrawn) {
  const auto truth = moving([](double) { return 3.0; }, 50);
  OverlayOptions options = display();
  EXPECT_EQ(judge_overlay(truth, {}, options).missing, 1);
  options.latency = 1;
  EXPECT_EQ(judge_overlay(truth, truth, options).drawings, 0);
  options.fps = 0;
  EXPECT_THROW(judge_overlay(truth, truth, options), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::tracking
