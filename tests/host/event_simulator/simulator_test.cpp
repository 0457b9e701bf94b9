#include "host/event_simulator/event_simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.hpp"
#include "host/event_simulator/pixel_random.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

constexpr int64_t kMillisecond = 1'000'000;  // ns

/// Frames of one grey level each, as `level(seconds)` says, every `step_ns`.
template <class Level>
std::vector<Event> uniform_light(const EventSensor& sensor, int width, int height, int64_t step_ns, int steps,
                                 Level level, int threads = 1) {
  EventSimulator simulator(sensor, width, height, threads);
  std::vector<Event> events;
  std::vector<float> light(static_cast<size_t>(width) * height);
  for (int i = 0; i <= steps; ++i) {
    std::fill(light.begin(), light.end(), static_cast<float>(level(1e-9 * static_cast<double>(i * step_ns))));
    simulator.advance(light, i * step_ns, events);
  }
  simulator.finish(events);
  return events;
}

/// A random pattern that moves.
std::vector<float> moving_pattern(int width, int height, int step) {
  std::vector<float> light(static_cast<size_t>(width) * height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      light[static_cast<size_t>(y) * width + x] = static_cast<float>(
          40 + 200 * pixel_uniform(7, static_cast<uint64_t>(y / 3), static_cast<uint64_t>(x + step) / 5));
  return light;
}

std::vector<Event> moving_events(const EventSensor& sensor, int width, int height, int steps, int threads) {
  EventSimulator simulator(sensor, width, height, threads);
  std::vector<Event> events;
  for (int i = 0; i < steps; ++i) simulator.advance(moving_pattern(width, height, i), (i + 1) * kMillisecond, events);
  simulator.finish(events);
  return events;
}

// ESIM: log intensity a + s t crosses a + k C at t = k C / s.
TEST(EventSimulator, ARampGivesTheEventsAndTimesOfTheFormula) {
  for (const double slope : {7.3, -7.3}) {  // 1/s
    EventSensor sensor = EventSensor::ideal();
    sensor.threshold_on = 0.21;
    sensor.threshold_off = 0.13;
    const double threshold = slope > 0 ? sensor.threshold_on : sensor.threshold_off;
    const double start = slope > 0 ? 25 : 230;
    const std::vector<Event> events =
        uniform_light(sensor, 3, 2, kMillisecond, 300, [&](double t) { return start * std::exp(slope * t); });
    const auto expected = static_cast<size_t>(std::floor(std::abs(slope) * 0.3 / threshold));
    ASSERT_EQ(events.size(), 6 * expected);
    for (size_t k = 0; k < events.size(); ++k) {
      const double time_us = 1e6 * threshold * static_cast<double>(k / 6 + 1) / std::abs(slope);
      EXPECT_NEAR(static_cast<double>(events[k].time_us), time_us - 0.5, 1.0) << k;
      EXPECT_EQ(events[k].on, slope > 0);
      EXPECT_EQ(events[k].y * 3 + events[k].x, static_cast<int>(k % 6)) << "equal times: row by row";
    }
  }
}

TEST(EventSimulator, AStepBetweenTwoFramesIsSpreadOverTheirTime) {
  EventSensor sensor = EventSensor::ideal();
  sensor.threshold_on = 0.25;
  EventSimulator simulator(sensor, 1, 1, 1);
  std::vector<Event> events;
  const float dark = 50, bright = static_cast<float>(50 * std::exp(1.01));
  simulator.advance(std::span(&dark, 1), 0, events);
  simulator.advance(std::span(&bright, 1), 10 * kMillisecond, events);
  simulator.finish(events);
  ASSERT_EQ(events.size(), 4U);
  for (size_t k = 0; k < 4; ++k)
    EXPECT_NEAR(static_cast<double>(events[k].time_us), 1e4 * 0.25 * static_cast<double>(k + 1) / 1.01, 1);
}

// v2e: below the knee the mapping is linear, x ln(knee) / knee.
TEST(EventSimulator, BelowTheKneeLightCountsLinearly) {
  EventSensor sensor = EventSensor::ideal();
  sensor.threshold_on = 0.1;
  const std::vector<Event> events =
      uniform_light(sensor, 1, 1, kMillisecond, 100, [](double t) { return 2 + 160 * t; });  // 2..18 of 20
  EXPECT_EQ(events.size(), static_cast<size_t>(16 * std::log(20) / 20 / 0.1));
}

// After an event the pixel is in reset: the period of a ramp is C / s + the refractory time.
TEST(EventSimulator, ARefractoryTimeIsAddedToThePeriod) {
  EventSensor sensor = EventSensor::ideal();
  sensor.refractory_us = 700;
  const double slope = 20;
  const std::vector<Event> events =
      uniform_light(sensor, 1, 1, 250'000, 400, [&](double t) { return 30 * std::exp(slope * t); });
  const double period = 1e6 * sensor.threshold_on / slope + 700;
  ASSERT_EQ(events.size(), static_cast<size_t>((1e5 + 700) / period));
  for (size_t k = 0; k < events.size(); ++k)
    EXPECT_NEAR(static_cast<double>(events[k].time_us), period * static_cast<double>(k + 1) - 700, 2);
}

TEST(EventSimulator, LeakEventsComeAtTheirRateAndAreOn) {
  EventSensor sensor = EventSensor::ideal();
  sensor.leak_hz = 5;
  const std::vector<Event> events = uniform_light(sensor, 64, 32, kMillisecond, 2000, [](double) { return 100; });
  EXPECT_TRUE(std::all_of(events.begin(), events.end(), [](const Event& e) { return e.on; }));
  EXPECT_NEAR(static_cast<double>(events.size()), 5.0 * 2 * 64 * 32, 0.01 * 5 * 2 * 64 * 32);
}

// A Poisson process of v2e's rate: its mean, its share of ON events, exponential times between events.
TEST(EventSimulator, NoiseComesAtTheRateOfTheLight) {
  EventSensor sensor = EventSensor::ideal();
  sensor.shot_noise_hz = 40;
  sensor.lux_per_unit = 1;
  for (const double light : {0.0, 50.0, 200.0}) {
    const double rate = 40 * std::max(0.25, 1 - 0.75 * light / 100);
    const std::vector<Event> events = uniform_light(sensor, 64, 16, kMillisecond, 1000, [&](double) { return light; });
    const double expected = rate * 64 * 16;
    EXPECT_NEAR(static_cast<double>(events.size()), expected, 4 * std::sqrt(expected)) << light;
    const auto on = std::count_if(events.begin(), events.end(), [](const Event& e) { return e.on; });
    EXPECT_NEAR(static_cast<double>(on), 0.5 * expected, 4 * std::sqrt(0.25 * expected)) << light;
    // Kolmogorov-Smirnov against 1 - exp(-t rate) of the first event of each pixel.
    std::vector<double> first(64 * 16, 1);
    for (const Event& e : events)
      first[e.y * 64 + e.x] = std::min(first[e.y * 64 + e.x], 1e-6 * static_cast<double>(e.time_us));
    std::sort(first.begin(), first.end());
    double distance = 0;
    for (size_t i = 0; i < first.size() && first[i] < 1; ++i)
      distance = std::max(distance, std::abs(static_cast<double>(i) / 1024 - (1 - std::exp(-rate * first[i]))));
    EXPECT_LT(distance, 1.95 / std::sqrt(1024)) << light;  // a probability of 0.001
  }
}

TEST(EventSimulator, PixelsDifferByTheMismatch) {
  EventSensor sensor = EventSensor::ideal();
  sensor.threshold_on = 0.3;
  sensor.threshold_mismatch = 0.03;
  const double slope = 1;
  const std::vector<Event> events =
      uniform_light(sensor, 64, 32, kMillisecond, 450, [&](double t) { return 100 * std::exp(slope * t); });
  // The time of a pixel's first event is its threshold.
  std::vector<double> thresholds(64 * 32, -1);
  for (const Event& e : events)
    if (thresholds[e.y * 64 + e.x] < 0) thresholds[e.y * 64 + e.x] = 1e-6 * static_cast<double>(e.time_us) * slope;
  double mean = 0, variance = 0;
  for (const double t : thresholds) mean += t / 2048;
  for (const double t : thresholds) variance += (t - mean) * (t - mean) / 2047;
  EXPECT_NEAR(mean, 0.3, 4 * 0.03 / std::sqrt(2048));
  EXPECT_NEAR(std::sqrt(variance), 0.03, 4 * 0.03 / std::sqrt(2 * 2048));
}

// First order: after a step of log intensity D the crossing of C is at -tau ln(1 - C / D).
TEST(EventSimulator, TheLowPassDelaysAccordingToTheLight) {
  for (const double lux : {1.0, 10.0}) {
    EventSensor sensor = EventSensor::ideal();
    sensor.bandwidth_hz = 1e4;
    sensor.bandwidth_hz_per_lux = 20;
    sensor.dark_lux = 0;
    sensor.threshold_on = 0.5;
    sensor.lux_per_unit = lux / 200;
    const double tau = 1 / (2 * std::numbers::pi * 20 * lux);
    const std::vector<Event> events =
        uniform_light(sensor, 1, 1, 20'000, 2000, [&](double t) { return t > 0 ? 200 : 200 * std::exp(-1.0); });
    ASSERT_EQ(events.size(), 1U) << lux;
    EXPECT_NEAR(1e-6 * static_cast<double>(events[0].time_us), -tau * std::log(1 - 0.5), 0.02 * tau + 4e-5) << lux;
  }
}

TEST(EventSimulator, TheReadoutIsAQueue) {
  EventSensor sensor = EventSensor::ideal();
  sensor.readout_hz = 1e6;
  const std::vector<Event> events =
      uniform_light(sensor, 40, 25, 100'000, 1, [](double t) { return t > 0 ? 100 : 80; });
  ASSERT_EQ(events.size(), 1000U);
  for (size_t i = 1; i < events.size(); ++i) ASSERT_EQ(events[i].time_us, events[i - 1].time_us + 1);
}

TEST(EventSimulator, TimesNeverRunBackAndAPixelKeepsItsPause) {
  EventSensor sensor;
  sensor.shot_noise_hz = 200;
  const std::vector<Event> events = moving_events(sensor, 50, 40, 60, 2);
  ASSERT_GT(events.size(), 5000U);
  std::vector<int64_t> last(50 * 40, INT64_MIN / 2);
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    if (i > 0) {
      ASSERT_GE(e.time_us, events[i - 1].time_us);
    }
    int64_t& before = last[e.y * 50 + e.x];
    ASSERT_GE(e.time_us - before, static_cast<int64_t>(sensor.refractory_us) - 1);
    before = e.time_us;
  }
}

TEST(EventSimulator, TheSameEventsForAnyNumberOfThreadsAndOnEveryInstructionSet) {
  EventSensor sensor;
  sensor.shot_noise_hz = 100;
  sensor.lux_per_unit = 0.02;
  const std::vector<Event> one = moving_events(sensor, 70, 50, 40, 1);
  ASSERT_GT(one.size(), 1000U);
  EXPECT_EQ(moving_events(sensor, 70, 50, 40, 2), one);
  EXPECT_EQ(moving_events(sensor, 70, 50, 40, 5), one);
  test::for_each_simd_target([&](const char* name) { EXPECT_EQ(moving_events(sensor, 70, 50, 40, 1), one) << name; });
  sensor.seed = 2;
  EXPECT_NE(moving_events(sensor, 70, 50, 40, 1), one);
}

// What happens is a matter of time, not of how many frames show it: a ramp by 5 frames and by 500.
TEST(EventSimulator, MoreFramesOfTheSameLightGiveTheSameEvents) {
  EventSensor sensor = EventSensor::ideal();
  sensor.refractory_us = 1500;
  const auto ramp = [](double t) { return 30 * std::exp(15 * t); };
  const std::vector<Event> coarse = uniform_light(sensor, 2, 2, 20 * kMillisecond, 5, ramp);
  const std::vector<Event> fine = uniform_light(sensor, 2, 2, kMillisecond / 5, 500, ramp);
  ASSERT_EQ(coarse.size(), fine.size());
  for (size_t i = 0; i < fine.size(); ++i) EXPECT_NEAR(coarse[i].time_us, fine[i].time_us, 2) << i;
}

TEST(EventSimulator, LightThatIsNoNumberIsDark) {
  EventSimulator simulator(EventSensor::ideal(), 4, 1, 1);
  std::vector<Event> events;
  const std::vector<float> dark(4, 0), odd{NAN, -INFINITY, INFINITY, -5};
  simulator.advance(dark, 0, events);
  simulator.advance(odd, kMillisecond, events);
  simulator.finish(events);
  EXPECT_TRUE(std::all_of(events.begin(), events.end(), [](const Event& e) { return e.x == 2 && e.on; }));
}

TEST(EventSimulator, TimesThatDoNotRiseAndParametersOutOfRangeAreRefused) {
  EventSimulator simulator(EventSensor::ideal(), 2, 2, 1);
  std::vector<Event> events;
  const std::vector<float> light(4, 50);
  simulator.advance(light, 5, events);
  EXPECT_THROW(simulator.advance(light, 5, events), Error);
  EXPECT_THROW(simulator.advance(light, 2'000'000'000, events), Error);
  EventSensor sensor;
  sensor.threshold_off = 0;
  EXPECT_THROW(EventSimulator(sensor, 2, 2), Error);
  EXPECT_THROW(EventSimulator(EventSensor{}, 0, 2), Error);
}

TEST(PixelRandom, LogarithmIsThatOfTheLibrary) {
  for (double x = 1e-300; x < 1e300; x *= 1.7)
    EXPECT_NEAR(natural_log(x), std::log(x), 1e-8 * (1 + std::abs(std::log(x))));
}

}  // namespace
}  // namespace flashcell::host
