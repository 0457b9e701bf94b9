// A truth from another origin is told from one that is met, missed, or off by what turns with the objects.
#include "tracking/metrics/constant_shift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/tracking/metrics/labelled_object.hpp"

namespace flashcell::tracking {
namespace {

struct TwoSides {
  std::vector<LabelledObject> truth, tracks;
};

/// Objects on circles; `moved(angle)` says how far a track is from its object.
template <class Moved>
TwoSides circling(int objects, const Moved& moved, double radius = 40, int frames = 100) {
  std::mt19937 random(1);
  std::normal_distribution<> noise(0, 0.3);
  TwoSides made;
  for (int frame = 1; frame <= frames; ++frame) {
    for (int id = 0; id < objects; ++id) {
      const double angle = 0.05 * frame + id;
      const double x = 200 + 97 * (id % 7) + radius * std::cos(angle);
      const double y = 200 + 83 * (id / 7) + radius * std::sin(angle);
      const auto [dx, dy] = moved(angle);
      made.truth.push_back(at(frame, id, x, y));
      made.tracks.push_back(at(frame, 100 + id, x + dx + noise(random), y + dy + noise(random)));
    }
  }
  return made;
}

auto by(double x, double y) {
  return [=](double) { return std::pair(x, y); };
}

TEST(ConstantShift, IsFoundHoweverFar) {
  for (const auto& [x, y] : {std::pair(72.6, 0.6), std::pair(-3.0, 4.0), std::pair(1e5, -2e5)}) {
    for (const int objects : {1, 2, 30}) {
      const TwoSides s = circling(objects, by(x, y));
      const auto shift = constant_shift(s.truth, s.tracks, 20);
      ASSERT_TRUE(shift) << x << " " << objects;
      EXPECT_NEAR(shift->x, x, 0.2);
      EXPECT_NEAR(shift->y, y, 0.2);
      EXPECT_LT(shift->spread, 0.6);
      EXPECT_EQ(shift->pairs, 100 * objects);
    }
  }
}

TEST(ConstantShift, IsFoundInManyObjectsAndBesideWhatIsMissedAndDirt) {
  TwoSides s = circling(150, by(31, -18));
  EXPECT_TRUE(constant_shift(s.truth, s.tracks, 20)) << "2.25 million pairs";
  s = circling(3, by(31, -18));
  std::erase_if(s.tracks, [](const LabelledObject& o) { return o.id == 100; });
  for (int frame = 1; frame <= 100; ++frame) {
    for (int id = 0; id < 4; ++id) s.tracks.push_back(at(frame, 900 + id, 40.0 * id, 10));
  }
  const auto shift = constant_shift(s.truth, s.tracks, 20);
  ASSERT_TRUE(shift);
  EXPECT_NEAR(shift->x, 31, 0.2);
}

TEST(ConstantShift, IsNoneWhereNoneIs) {
  const auto none = [](const TwoSides& s) { return !constant_shift(s.truth, s.tracks, 20); };
  EXPECT_TRUE(none({}));
  const TwoSides far = circling(2, by(1e300, -1e300));
  EXPECT_NO_THROW(constant_shift(far.truth, far.tracks, 1e-300));
  EXPECT_TRUE(none(circling(2, by(0, 0))));
  EXPECT_TRUE(none(circling(2, by(0.5, 0.5)))) << "other centres of pixels";
  EXPECT_TRUE(none(circling(2, by(1.2, 1.2)))) << "less than a tenth of the scale";
  EXPECT_TRUE(none(circling(2, [](double angle) { return std::pair(5 * std::cos(angle), 5 * std::sin(angle)); })))
      << "a head before its centroid";
  EXPECT_TRUE(none(circling(1, by(50, 0), 2))) << "one that rests may be another";
  EXPECT_TRUE(none(circling(1, by(50, 0), 40, 19))) << "too few";
  TwoSides s = circling(2, by(31, 0));
  s.tracks.resize(s.tracks.size() / 3);
  for (int frame = 1; frame <= 100; ++frame) s.tracks.push_back(at(frame, 900, 10 * std::sin(frame), frame));
  EXPECT_TRUE(none(s)) << "for a few only";
}

}  // namespace
}  // namespace flashcell::tracking
