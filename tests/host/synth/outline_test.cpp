#include "host/synth/outline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace flashcell::host {
namespace {

constexpr int32_t kRadius = 40 * kFixedOne;

TEST(Outline, LiesInItsCircleAroundItsCentroid) {
  std::vector<Outline> outlines = {Outline::disc(kRadius)};
  for (int digit = 0; digit < 10; ++digit) outlines.push_back(Outline::digit(kRadius, digit));
  for (int sides = 3; sides <= 6; ++sides) outlines.push_back(Outline::polygon(kRadius, sides, 0.137 * sides));
  for (size_t i = 0; i < outlines.size(); ++i) {
    SCOPED_TRACE(i);
    double area = 0, sum_x = 0, sum_y = 0;
    for (int32_t dy = -2 * kRadius; dy < 2 * kRadius; ++dy) {
      FixedSpan spans[kMaxSpans];
      const int count = outlines[i].cut(dy, spans);
      ASSERT_LE(count, kMaxSpans);
      int32_t last = -2 * kRadius;
      for (int s = 0; s < count; ++s) {
        ASSERT_GT(spans[s].begin, last);
        ASSERT_GT(spans[s].end, spans[s].begin);
        last = spans[s].end;
        EXPECT_LE(std::hypot(spans[s].begin, dy), kRadius + 2);
        EXPECT_LE(std::hypot(spans[s].end, dy), kRadius + 2);
        const double length = spans[s].end - spans[s].begin;
        area += length;
        sum_x += length * (spans[s].begin + spans[s].end) / 2;
        sum_y += length * (dy + 0.5);
      }
    }
    EXPECT_GT(area, 0);
    EXPECT_NEAR(sum_x / area, 0, 2);
    EXPECT_NEAR(sum_y / area, 0, 2);
  }
}

TEST(Outline, AreasAreThoseOfGeometry) {
  const auto area = [](const Outline& outline) {
    double sum = 0;
    for (int32_t dy = -kRadius; dy < kRadius; ++dy) {
      FixedSpan spans[kMaxSpans];
      const int count = outline.cut(dy, spans);
      for (int s = 0; s < count; ++s) sum += spans[s].end - spans[s].begin;
    }
    return sum / (static_cast<double>(kRadius) * kRadius);
  };
  EXPECT_NEAR(area(Outline::disc(kRadius)), 3.14159265, 1e-3);
  EXPECT_NEAR(area(Outline::polygon(kRadius, 3, 0.1)), 1.29903811, 1e-3);
  EXPECT_NEAR(area(Outline::polygon(kRadius, 4, 0.2)), 2, 1e-3);
  EXPECT_NEAR(area(Outline::polygon(kRadius, 6, 0.3)), 2.59807621, 1e-3);
  // An 8 is 6x10 units less two holes of 2x2, and a unit is a seventh of the radius.
  EXPECT_NEAR(area(Outline::digit(kRadius, 8)), 52.0 / 49, 1e-2);
}

}  // namespace
}  // namespace flashcell::host
