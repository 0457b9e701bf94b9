// What the simulator gives, next to recordings of real cameras: rates, times between events of a pixel, polarities.
#include "host/event_simulator/event_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "host/driving/driving_scene.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "host/events/event_reader.hpp"
#include "host/gestures/gesture.hpp"
#include "host/synth/random.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

TEST(EventStatistics, OfAFewEventsByHand) {
  // Two pixels of four: one with three events, 10 and 30 us apart, ON, ON, OFF.
  const std::vector<Event> events{{0, 0, 0, true}, {10, 0, 0, true}, {20, 1, 1, false}, {40, 0, 0, false}};
  const EventStatistics s = event_statistics(events, 2, 2);
  EXPECT_EQ(s.count, 4);
  EXPECT_DOUBLE_EQ(s.seconds, 40e-6);
  EXPECT_DOUBLE_EQ(s.rate_hz, 4 / 40e-6 / 4);
  EXPECT_DOUBLE_EQ(s.active_share, 0.5);
  EXPECT_DOUBLE_EQ(s.on_share, 0.5);
  EXPECT_DOUBLE_EQ(s.same_polarity, 0.5);
  EXPECT_DOUBLE_EQ(s.interval_5_us, 10);
  EXPECT_EQ(event_statistics({}, 2, 2).count, 0);
}

// Independent events have no spread beyond their own, however many; bursts have, and it does not grow with their
// number.
TEST(EventStatistics, TheSpreadOfTheRateDoesNotDependOnHowManyEventsThereAre) {
  CounterRandom random(1, 2);
  for (const uint32_t each : {20U, 400U}) {
    std::vector<Event> even, bursts;
    for (uint32_t i = 0; i < 1000 * each; ++i) even.push_back({random.below(500'000), 0, 0, true});
    for (uint32_t stretch = 0; stretch < 100; ++stretch) {
      const uint32_t count = 5 * (stretch % 2 == 0 ? each : 3 * each);  // 5 ms each, a half more or less than the mean
      for (uint32_t i = 0; i < count; ++i) bursts.push_back({5000 * stretch + random.below(5000), 0, 0, true});
    }
    const auto by_time = [](const Event& x, const Event& y) { return x.time_us < y.time_us; };
    std::sort(even.begin(), even.end(), by_time);
    std::sort(bursts.begin(), bursts.end(), by_time);
    const EventStatistics calm = event_statistics(even, 1, 1), wild = event_statistics(bursts, 1, 1);
    EXPECT_NEAR(calm.fano_1ms, 1, 0.25);
    EXPECT_LT(calm.rate_spread_1ms, 0.1);
    EXPECT_LT(calm.rate_jump_1ms, 0.1);
    EXPECT_NEAR(wild.fano_1ms, 0.5 * each, 0.05 * each + 1.5);
    EXPECT_NEAR(wild.rate_spread_1ms, 0.5, 0.03) << each;
    EXPECT_NEAR(wild.rate_jump_1ms, 0.5 * std::sqrt(0.4), 0.04) << "one of five slices differs by the mean";
  }
}

struct Recording {
  const char* file;
  int width, height;  // of the pixels that were recorded
  int64_t events;
};
constexpr Recording kRecordings[] = {
    {"expelliarmus_evt2.raw", 640, 480, 539'481}, {"expelliarmus_evt3.raw", 1280, 720, 219'596},
    {"sample.aedat4", 320, 240, 111'954},         {"davis_translboxes.aedat", 240, 180, 162'771},
    {"sample_ncars.dat", 120, 100, 2009},         {"sample_nmnist.bin", 34, 34, 4325}};

EventStatistics statistics_of(const Recording& recording) {
  const auto reader = open_events(test::data_dir() / "event" / recording.file);
  std::vector<Event> events, part(4096);
  while (const size_t count = reader->read(part)) events.insert(events.end(), part.begin(), part.begin() + count);
  EXPECT_EQ(events.size(), static_cast<size_t>(recording.events)) << recording.file;
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.time_us < b.time_us; });
  return event_statistics(events, recording.width, recording.height);
}

struct Range {
  double least = 1e300, most = -1e300;
  void add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

void expect_within(const char* what, double value, const Range& real, double slack) {
  EXPECT_GE(value, real.least / slack) << what;
  EXPECT_LE(value, real.most * slack) << what;
}

/// What recordings span.
struct Span {
  Range rate, on, same, median, spread, jump;

  void add(const EventStatistics& s) {
    rate.add(s.rate_hz);
    on.add(s.on_share);
    same.add(s.same_polarity);
    median.add(s.interval_median_us);
    spread.add(s.rate_spread_1ms);
    jump.add(s.rate_jump_1ms);
  }
};

// The recordings are few and of quite different scenes; the simulated ones must not lie outside of what they span,
// whichever of them is left out, by more than half for rates and times, a fifth for shares.
TEST(EventStatistics, SimulatedScenesLieInTheRangesOfRealRecordings) {
  for (const Recording& recording : kRecordings) FLASHCELL_NEEDS_DATA(std::filesystem::path("event") / recording.file);
  std::vector<EventStatistics> real;
  for (const Recording& recording : kRecordings) real.push_back(statistics_of(recording));

  std::vector<std::pair<std::string, EventStatistics>> simulated;
  for (const auto& [night, seed] : {std::pair{false, 2}, {true, 2}, {true, 5}}) {
    DrivingParameters parameters;
    parameters.width = 160;
    parameters.height = 120;
    parameters.seed = static_cast<uint64_t>(seed);
    parameters.night = night;
    const DrivingScene scene(parameters);
    DrivingEvents simulator(scene, EventSensor{});
    std::vector<Event> events;
    simulator.advance(0.25, events);
    simulated.emplace_back(night ? "night" : "day", event_statistics(events, parameters.width, parameters.height));
  }
  EventSensor indoors;
  indoors.lux_per_unit = 500.0 / 255;
  simulated.emplace_back("gesture",
                         event_statistics(gesture_events({3, 2, 0.5}, indoors), Gesture::kSide, Gesture::kSide));
  for (size_t left_out = 0; left_out < real.size(); ++left_out) {
    Span span;
    for (size_t i = 0; i < real.size(); ++i)
      if (i != left_out) span.add(real[i]);
    for (const auto& [name, s] : simulated) {
      SCOPED_TRACE(name + ", without " + kRecordings[left_out].file);
      expect_within("events a second and pixel", s.rate_hz, span.rate, 1.5);
      expect_within("share of ON events", s.on_share, span.on, 1.2);
      expect_within("events of the direction of the one before", s.same_polarity, span.same, 1.2);
      expect_within("median time between events of a pixel", s.interval_median_us, span.median, 1.5);
      expect_within("spread of the rate", s.rate_spread_1ms, span.spread, 1.5);
      expect_within("jumps of the rate", s.rate_jump_1ms, span.jump, 1.5);
    }
  }
}

}  // namespace
}  // namespace flashcell::host
