// What the simulator gives, next to recordings of real cameras: rates, times between events of a pixel, polarities.
#include "host/event_simulator/event_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "host/driving/driving_scene.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "host/gestures/gesture.hpp"
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

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

uint32_t word_at(const std::string& bytes, size_t offset) {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

size_t header_end(const std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size() && bytes[at] == '%') at = bytes.find('\n', at) + 1;
  return at;
}

/// Prophesee EVT2, Gen3, 640x480.
std::vector<Event> evt2(const std::string& bytes) {
  std::vector<Event> events;
  int64_t high = -1;
  for (size_t at = header_end(bytes); at + 4 <= bytes.size(); at += 4) {
    const uint32_t word = word_at(bytes, at);
    if (word >> 28 == 8) high = int64_t{word & 0xFFFFFFFU} << 6;
    if (word >> 28 > 1 || high < 0) continue;
    events.push_back({high + (word >> 22 & 63U), static_cast<uint16_t>(word >> 11 & 2047U),
                      static_cast<uint16_t>(word & 2047U), word >> 28 == 1});
  }
  return events;
}

/// N-MNIST, 34x34.
std::vector<Event> nmnist(const std::string& bytes) {
  std::vector<Event> events;
  for (size_t at = 0; at + 5 <= bytes.size(); at += 5) {
    const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])); };
    events.push_back({int64_t{(byte(2) & 0x7FU) << 16 | byte(3) << 8 | byte(4)}, static_cast<uint16_t>(byte(0)),
                      static_cast<uint16_t>(byte(1)), byte(2) >> 7 != 0});
  }
  return events;
}

/// N-CARS' .dat, cut to 100 ms of a car that passes.
std::vector<Event> ncars(const std::string& bytes) {
  std::vector<Event> events;
  for (size_t at = header_end(bytes) + 2; at + 8 <= bytes.size(); at += 8) {
    const uint32_t where = word_at(bytes, at + 4);
    events.push_back({int64_t{word_at(bytes, at)}, static_cast<uint16_t>(where & 0x3FFFU),
                      static_cast<uint16_t>(where >> 14 & 0x3FFFU), (where >> 28 & 1U) != 0});
  }
  return events;
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

// The recordings are few and of quite different scenes; the simulated ones must not lie outside of what they span, by
// more than half for rates and times, a fifth for shares.
TEST(EventStatistics, SimulatedScenesLieInTheRangesOfRealRecordings) {
  FLASHCELL_NEEDS_DATA("event/expelliarmus_evt2.raw");
  FLASHCELL_NEEDS_DATA("event/sample_nmnist.bin");
  FLASHCELL_NEEDS_DATA("event/sample_ncars.dat");
  const std::filesystem::path folder = test::data_dir() / "event";
  const EventStatistics real[] = {event_statistics(evt2(bytes_of(folder / "expelliarmus_evt2.raw")), 640, 480),
                                  event_statistics(nmnist(bytes_of(folder / "sample_nmnist.bin")), 34, 34),
                                  event_statistics(ncars(bytes_of(folder / "sample_ncars.dat")), 120, 100)};
  EXPECT_EQ(real[0].count, 539'481);
  EXPECT_EQ(real[1].count, 4325);
  EXPECT_EQ(real[2].count, 2009);
  Range rate, on, same, median;
  for (const EventStatistics& s : real) {
    rate.add(s.rate_hz);
    on.add(s.on_share);
    same.add(s.same_polarity);
    median.add(s.interval_median_us);
  }

  std::vector<EventStatistics> simulated;
  for (const bool night : {false, true}) {
    DrivingParameters parameters;
    parameters.width = 160;
    parameters.height = 120;
    parameters.seed = 2;
    parameters.night = night;
    const DrivingScene scene(parameters);
    DrivingEvents simulator(scene, EventSensor{});
    std::vector<Event> events;
    simulator.advance(0.25, events);
    simulated.push_back(event_statistics(events, parameters.width, parameters.height));
  }
  EventSensor indoors;
  indoors.lux_per_unit = 500.0 / 255;
  simulated.push_back(event_statistics(gesture_events({3, 2, 0.5}, indoors), Gesture::kSide, Gesture::kSide));
  for (const EventStatistics& s : simulated) {
    SCOPED_TRACE(testing::Message() << s.count << " events, rate " << s.rate_hz << ", on " << s.on_share << ", same "
                                    << s.same_polarity << ", median " << s.interval_median_us);
    expect_within("events a second and pixel", s.rate_hz, rate, 1.5);
    expect_within("share of ON events", s.on_share, on, 1.2);
    expect_within("events of the direction of the one before", s.same_polarity, same, 1.2);
    expect_within("median time between events of a pixel", s.interval_median_us, median, 1.5);
  }
}

}  // namespace
}  // namespace flashcell::host
