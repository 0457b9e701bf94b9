#include "tracking/box_history.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace flashcell::tracking {
namespace {

struct Sample {
  double time, value;
};

/// What BoxHistory::smooth promises of one value, by plain sums over every window.
double smooth_plainly(const std::vector<Sample>& samples, size_t index, double half_width, double sigma) {
  const double at = samples[index].time;
  double best = samples[index].value, low = best - 3 * sigma, high = best + 3 * sigma;
  for (int halvings = 10; halvings >= 0; --halvings) {
    const double width = std::ldexp(half_width, -halvings) + 1e-6;
    double n = 0, t = 0, tt = 0, v = 0, tv = 0;
    for (const Sample& sample : samples) {
      const double off = sample.time - at;
      if (std::abs(off) > width) continue;
      n += 1;
      t += off;
      tt += off * off;
      v += sample.value;
      tv += off * sample.value;
    }
    if (n == 1) continue;
    const double determinant = n * tt - t * t;
    const bool line = n >= 3;
    const double value = line ? (tt * v - t * tv) / determinant : v / n;
    const double error = sigma * std::sqrt(line ? tt / determinant : 1 / n);
    low = std::max(low, value - 3 * error);
    high = std::min(high, value + 3 * error);
    if (low > high) break;
    best = value;
  }
  return best;
}

BoxSight sight(int64_t frame, double time, double centre) {
  BoxSight s;
  s.frame = frame;
  s.time = time;
  s.detection = 0;
  s.measured = s.estimate = {centre - 50, 200, 100, 40};
  return s;
}

TEST(BoxHistory, SmoothsAsPlainSumsDo) {
  std::mt19937 random(11);
  std::normal_distribution<double> noise(0, 3);
  for (int run = 0; run < 20; ++run) {
    BoxHistory history;
    std::vector<Sample> samples;
    double time = 100, speed = 50, place = 5000;
    for (int64_t frame = 0; frame < 120; ++frame) {
      time += 0.01 * static_cast<double>(1 + random() % 5);  // frames drop
      if (random() % 20 == 0) speed = -speed;
      place += speed * 0.03;
      samples.push_back({time, place + noise(random)});
      history.push(sight(frame, time, samples.back().value));
    }
    for (size_t i = 0; i < samples.size(); ++i) {
      for (const double width : {0.0, 0.03, 0.4, 1.1}) {
        const Box box = history.smooth(i, width, 3);
        EXPECT_NEAR(box.left + box.width / 2, smooth_plainly(samples, i, width, 3), 1e-6) << i << ", " << width;
        EXPECT_NEAR(box.height, 40, 1e-6);
      }
    }
  }
}

TEST(BoxHistory, NoiseGoesAndTurnsStay) {
  std::mt19937 random(12);
  std::normal_distribution<double> noise(0, 2);
  for (const bool turns : {false, true}) {
    BoxHistory history;
    std::vector<double> truth;
    double raw = 0, smoothed = 0;
    for (int64_t frame = 0; frame < 300; ++frame) {
      const double t = static_cast<double>(frame) / 30;
      truth.push_back(turns ? 300 + 150 * std::sin(6 * t) : 300 + 40 * t);
      history.push(sight(frame, t, truth.back() + noise(random)));
    }
    for (size_t i = 0; i < truth.size(); ++i) {
      const Box box = history.smooth(i, 0.7, 2), &measured = history[i].measured;
      raw += std::pow(measured.left + 50 - truth[i], 2);
      smoothed += std::pow(box.left + box.width / 2 - truth[i], 2);
    }
    if (!turns) {
      EXPECT_LT(smoothed, raw / 10);
    }
    EXPECT_LT(smoothed / 300, 36) << "three standard deviations";
    EXPECT_NEAR(history.roughness(), 2, 1.5);
  }
}

TEST(BoxHistory, ForgettingChangesNothingThatIsLeft) {
  BoxHistory history;
  std::mt19937 random(13);
  for (int64_t frame = 0; frame < 400; ++frame)
    history.push(sight(frame, 0.04 * static_cast<double>(frame), 3000 + 20 * frame + static_cast<int>(random() % 7)));
  const Box before = history.smooth(380, 0.5, 2);
  const size_t gone = history.forget_before(0.04 * 350);
  EXPECT_GT(gone, 300u);
  EXPECT_EQ(history.size() + gone, 400u);
  const Box after = history.smooth(380 - gone, 0.5, 2);
  EXPECT_NEAR(after.left, before.left, 1e-6);
  EXPECT_NEAR(after.width, before.width, 1e-6);
  EXPECT_EQ(history.forget_before(0), 0u);
}

}  // namespace
}  // namespace flashcell::tracking
