#include "host/gestures/gesture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

std::vector<Event> events_of(int label, uint64_t seed, double seconds = 0.6) {
  EventSensor sensor;
  sensor.lux_per_unit = 500.0 / 255;
  return gesture_events({label, seed, seconds}, sensor);
}

/// Share of the events in the picture's left half.
double left_share(const std::vector<Event>& events) {
  const auto left = std::count_if(events.begin(), events.end(), [](const Event& e) { return e.x < 64; });
  return static_cast<double>(left) / static_cast<double>(events.size());
}

TEST(Gesture, EveryClassMovesAndIsSeen) {
  for (int label = 0; label < static_cast<int>(kGestureNames.size()); ++label) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const std::vector<Event> events = events_of(label, seed);
      EXPECT_GT(events.size(), 1000U) << kGestureNames[static_cast<size_t>(label)] << " " << seed;
      EXPECT_LT(events.size(), 500'000U) << kGestureNames[static_cast<size_t>(label)] << " " << seed;
      const auto on = std::count_if(events.begin(), events.end(), [](const Event& e) { return e.on; });
      const double share = static_cast<double>(on) / static_cast<double>(events.size());
      EXPECT_GT(share, 0.3);
      EXPECT_LT(share, 0.7);
    }
  }
}

// Steps of half a millisecond, of which 3000 are 1.5 s but for the last digit.
TEST(Gesture, EndsAtAnyTime) {
  for (const double seconds : {0.01, 0.0105, 1.5}) EXPECT_FALSE(events_of(0, 1, seconds).empty()) << seconds;
}

TEST(Gesture, ARightHandIsAtThePicturesLeft) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    for (const int right : {1, 3, 4}) EXPECT_GT(left_share(events_of(right, seed)), 0.6) << right << " " << seed;
    for (const int left : {2, 5, 6}) EXPECT_LT(left_share(events_of(left, seed)), 0.4) << left << " " << seed;
  }
}

// The hand is the brightest or darkest moving thing: the mean of the events' places, slice by slice, turns about its
// mean in the sense of the class. In pictures y points down: clockwise is a positive angle.
TEST(Gesture, ArmsTurnInTheSenseOfTheirClass) {
  for (const int label : {3, 4, 5, 6}) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const std::vector<Event> events = events_of(label, seed, 1.2);
      constexpr int kSlice = 40'000;  // us
      std::vector<double> x, y;
      size_t next = 0;
      for (int64_t end = kSlice; end <= 1'200'000; end += kSlice) {
        double sx = 0, sy = 0, n = 0;
        for (; next < events.size() && events[next].time_us < end; ++next) {
          sx += events[next].x;
          sy += events[next].y;
          ++n;
        }
        if (n == 0) continue;
        x.push_back(sx / n);
        y.push_back(sy / n);
      }
      // Twice the area that the path encloses, its sign.
      double area = 0;
      for (size_t i = 0; i + 1 < x.size(); ++i) area += x[i] * y[i + 1] - x[i + 1] * y[i];
      area += x.back() * y.front() - x.front() * y.back();
      const bool clockwise = label == 3 || label == 5;
      EXPECT_EQ(area > 0, clockwise) << kGestureNames[static_cast<size_t>(label)] << " " << seed;
    }
  }
}

TEST(Gesture, TheSameSeedIsTheSameGesture) {
  EXPECT_EQ(events_of(8, 5, 0.2), events_of(8, 5, 0.2));
  EXPECT_NE(events_of(8, 5, 0.2), events_of(8, 6, 0.2));
  EventSensor sensor;
  EXPECT_EQ(gesture_events({2, 9, 0.2}, sensor, 1), gesture_events({2, 9, 0.2}, sensor, 3));
}

TEST(Gesture, HandsMoveByAboutAPixelAStep) {
  for (int label = 0; label < 11; ++label) {
    const Gesture gesture({label, 3, 1});
    double moment = 0;
    for (int i = 0; i < 50; ++i) {
      const double step = gesture.step(moment);
      ASSERT_GE(step, 0.5e-3);
      ASSERT_LE(step, 5e-3);
      moment += step;
    }
  }
}

TEST(Gesture, ClassesThatAreNoneAreRefused) {
  EXPECT_THROW(Gesture({11, 1, 1}), Error);
  EXPECT_THROW(Gesture({0, 1, 0}), Error);
}

}  // namespace
}  // namespace flashcell::host
