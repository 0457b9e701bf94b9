#include "tracking/pixel_shares.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/simd_targets.hpp"

namespace flashcell::test {
namespace {

using tracking::PartEllipse;
using tracking::PartSums;
using tracking::PixelRun;
using tracking::PixelShares;
using tracking::ShareRules;

struct Shares {
  std::vector<PartSums> sums;
  double counted = 0, covered = 0, common = 0;
};

double depth(const PartEllipse& e, double px, double py) {
  const double dx = px - e.x, dy = py - e.y;
  return (e.xx * dx + 2 * e.xy * dy) * dx + e.yy * dy * dy;
}

void add(PartSums& sums, const PartEllipse& e, int step, int32_t x, int32_t y, double weight) {
  const double dx = x * step - e.x, dy = y * step - e.y;
  sums.weight += weight;
  sums.x += weight * dx;
  sums.y += weight * dy;
  sums.xx += weight * dx * dx;
  sums.xy += weight * dx * dy;
  sums.yy += weight * dy * dy;
  if (weight < 0.5) return;  // its box is of what is mostly its own
  sums.left = std::min(sums.left, x);
  sums.right = std::max(sums.right, x);
  sums.top = std::min(sums.top, y);
  sums.bottom = std::max(sums.bottom, y);
}

/// Calls visit(x, y, depths, index of the deepest, number of ellipses that it is inside of) for each pixel.
template <class Visit>
void for_each_pixel(const std::vector<PixelRun>& runs, const std::vector<PartEllipse>& ellipses, int step,
                    Visit visit) {
  std::vector<double> depths;
  for (const PixelRun& run : runs) {
    for (int32_t x = run.first; x <= run.last; ++x) {
      depths.clear();
      for (const PartEllipse& e : ellipses) depths.push_back(depth(e, x * step, run.y * step));
      const auto nearest = static_cast<size_t>(std::min_element(depths.begin(), depths.end()) - depths.begin());
      visit(x, run.y, depths, nearest, std::count_if(depths.begin(), depths.end(), [](double d) { return d <= 1; }));
    }
  }
}

/// Pixel by pixel, each compared with every ellipse.
Shares shared_plainly(const std::vector<PixelRun>& runs, int step, const std::vector<PartEllipse>& ellipses,
                      const ShareRules& rules) {
  Shares shares{std::vector<PartSums>(ellipses.size())};
  for_each_pixel(runs, ellipses, step, [&](int32_t, int32_t, const auto&, size_t, int64_t inside) {
    shares.counted += 1;
    if (inside > 0) shares.covered += 1;
    if (inside > 1) shares.common += static_cast<double>(inside - 1);
  });
  const double share = shares.common > 0 ? std::min(1.0, rules.hidden * shares.counted / shares.common) : 0;
  for_each_pixel(runs, ellipses, step, [&](int32_t x, int32_t y, const auto& depths, size_t nearest, int64_t inside) {
    if (depths[nearest] > rules.reach) return;
    for (size_t i = 0; i < ellipses.size(); ++i) {
      if (i != nearest && depths[i] <= 1) add(shares.sums[i], ellipses[i], step, x, y, share);
    }
    add(shares.sums[nearest], ellipses[nearest], step, x, y, 1);
    if (inside <= 1) shares.sums[nearest].alone += 1;
  });
  return shares;
}

class PixelSharesOfRandomBlobs : public ::testing::Test {
 protected:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  int whole(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  /// Some of them on whole pixels, so that pixels lie on edges and at the same depth in several.
  std::vector<PartEllipse> ellipses() {
    std::vector<PartEllipse> all(static_cast<size_t>(whole(1, 8)));
    const bool on_pixels = whole(0, 3) == 0;
    for (PartEllipse& e : all) {
      e.x = uniform(-10, 110);
      e.y = uniform(-10, 110);
      e.minor = uniform(0.6, 15);
      e.major = e.minor * uniform(1, 3);
      e.turn = uniform(-1.6, 1.6);
      if (on_pixels) {
        e.x = std::round(e.x);
        e.y = std::round(e.y);
        e.minor = e.major = 8;
        e.turn = 0;
      }
      e.aim();
    }
    return all;
  }

  /// A blob with holes and gaps about the ellipses, not of their shape.
  std::vector<PixelRun> runs() {
    std::vector<PixelRun> all;
    const int bottom = whole(20, 100);
    for (int y = whole(0, 20); y < bottom; ++y) {
      for (int x = whole(0, 60); x < 100;) {
        const int last = std::min(x + whole(0, 40), 100);
        all.push_back({y, x, last});
        x = last + whole(2, 20);
      }
    }
    return all;
  }

  std::mt19937 random_{5};
};

void expect_near(const PartSums& fast, const PartSums& slow) {
  const double scale = 1e-9 * (1 + slow.xx + slow.yy);
  EXPECT_NEAR(fast.weight, slow.weight, scale);
  EXPECT_NEAR(fast.x, slow.x, scale);
  EXPECT_NEAR(fast.y, slow.y, scale);
  EXPECT_NEAR(fast.xx, slow.xx, scale);
  EXPECT_NEAR(fast.xy, slow.xy, scale);
  EXPECT_NEAR(fast.yy, slow.yy, scale);
  EXPECT_EQ(fast.alone, slow.alone);
  EXPECT_EQ(fast.left, slow.left);
  EXPECT_EQ(fast.right, slow.right);
  EXPECT_EQ(fast.top, slow.top);
  EXPECT_EQ(fast.bottom, slow.bottom);
}

void expect_equal(const PartSums& a, const PartSums& b) {
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.xx, b.xx);
  EXPECT_EQ(a.xy, b.xy);
  EXPECT_EQ(a.yy, b.yy);
}

TEST_F(PixelSharesOfRandomBlobs, AreThoseOfAPixelByPixelComparison) {
  PixelShares shares;
  std::vector<PixelRun> sampled;
  for (int trial = 0; trial < 1000; ++trial) {
    SCOPED_TRACE(trial);
    const std::vector<PartEllipse> known = ellipses();
    const int step = whole(1, 3);
    const ShareRules rules{trial % 2 == 0 ? 1.3 : 2.25, whole(0, 2) == 0 ? whole(0, 1) : uniform(0, 0.5)};
    tracking::sample(runs(), step, sampled);
    const Shares plain = shared_plainly(sampled, step, known, rules);
    std::vector<PartSums> first;
    for_each_simd_target([&](const char* target) {
      SCOPED_TRACE(target);
      shares.start(sampled, step);
      shares.share(known, rules);
      shares.look_over();
      EXPECT_EQ(shares.counted(), plain.counted);
      EXPECT_EQ(shares.covered(), plain.covered);
      EXPECT_EQ(shares.common(), plain.common);
      ASSERT_EQ(shares.sums().size(), known.size());
      for (size_t i = 0; i < known.size(); ++i) expect_near(shares.sums()[i], plain.sums[i]);
      if (first.empty()) first = shares.sums();
      for (size_t i = 0; i < known.size(); ++i) expect_equal(shares.sums()[i], first[i]);
    });
    if (HasFailure()) return;
  }
}

TEST(PixelShares, SamplesEverySecondPixelOfEverySecondRow) {
  std::vector<PixelRun> sampled;
  tracking::sample(std::vector<PixelRun>{{3, 0, 9}, {4, 3, 9}, {6, 5, 5}, {8, 6, 6}}, 2, sampled);
  ASSERT_EQ(sampled.size(), 2u);
  EXPECT_EQ(sampled[0].y, 2);
  EXPECT_EQ(sampled[0].first, 2);
  EXPECT_EQ(sampled[0].last, 4);
  EXPECT_EQ(sampled[1].y, 4);
  EXPECT_EQ(sampled[1].first, 3);
  EXPECT_EQ(sampled[1].last, 3);
}

TEST(PixelShares, EllipsesFarAwayHaveNothing) {
  PartEllipse far;
  far.x = 1e12;
  far.y = -1e12;
  far.major = far.minor = 5;
  far.aim();
  PixelShares shares;
  const std::vector<PixelRun> runs{{0, 0, 9}};
  shares.start(runs, 1);
  shares.share(std::vector<PartEllipse>{far}, {});
  shares.look_over();
  EXPECT_EQ(shares.counted(), 10);
  EXPECT_EQ(shares.covered(), 0);
  EXPECT_EQ(shares.sums()[0].weight, 0);
}

}  // namespace
}  // namespace flashcell::test
