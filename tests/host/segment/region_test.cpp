#include <gtest/gtest.h>

#include <bit>
#include <opencv2/imgproc.hpp>

#include "host/segment/choice/grey_frames.hpp"
#include "host/segment/keep_inside.hpp"
#include "host/segment/regions.hpp"
#include "tests/host/segment/support.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

Polygon random_polygon(std::mt19937& random, int points, bool include) {
  Polygon polygon;
  polygon.include = include;
  // Sixteenths, off the pixel centres by an odd number of 32nds: no centre lies on an edge's end, and hardly one on an
  // edge.
  for (int i = 0; i < points; ++i) {
    polygon.points.push_back(
        {static_cast<double>(random() % 1600) / 16 - 9.97, static_cast<double>(random() % 1000) / 16 - 9.97});
  }
  return polygon;
}

/// Crossing number of a ray to the left, one point at a time.
bool is_inside(const Polygon& polygon, double x, double y) {
  bool inside = false;
  const size_t n = polygon.points.size();
  for (size_t i = 0; i < n; ++i) {
    const auto& a = polygon.points[i];
    const auto& b = polygon.points[(i + 1) % n];
    if ((a[1] > y) == (b[1] > y)) continue;
    if (x > a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) inside = !inside;
  }
  return inside;
}

TEST(SegmentRegion, SelfCrossingPolygonsFollowTheEvenOddRule) {
  std::mt19937 random(4);
  for (int round = 0; round < 50; ++round) {
    const Polygon polygon = random_polygon(random, 3 + round % 7, true);
    const BitImage mask = rasterize_regions({polygon}, 85, 47);
    EXPECT_TRUE(test::padding_is_clear(mask));
    for (int y = 0; y < 47; ++y) {
      for (int x = 0; x < 85; ++x) ASSERT_EQ(mask.get(x, y), is_inside(polygon, x, y)) << x << ' ' << y;
    }
  }
}

TEST(SegmentRegion, ConvexPolygonEqualsOpenCv) {
  const Polygon polygon{true, {{10.3, 5.2}, {60.7, 1.6}, {70.2, 30.9}, {33.1, 44.4}, {4.4, 25.5}}};
  std::vector<cv::Point2f> contour;
  for (const auto& p : polygon.points) contour.emplace_back(static_cast<float>(p[0]), static_cast<float>(p[1]));
  const BitImage mask = rasterize_regions({polygon}, 85, 47);
  for (int y = 0; y < 47; ++y) {
    for (int x = 0; x < 85; ++x) {
      const cv::Point2f centre(static_cast<float>(x), static_cast<float>(y));
      ASSERT_EQ(mask.get(x, y), cv::pointPolygonTest(contour, centre, false) > 0) << x << ' ' << y;
    }
  }
}

TEST(SegmentRegion, PolygonsThatShareAnEdgeShareNoPixel) {
  const Polygon left{true, {{0, 0}, {20, 0}, {30, 40}, {0, 40}}}, right{true, {{20, 0}, {50, 0}, {50, 40}, {30, 40}}};
  const BitImage a = rasterize_regions({left}, 50, 40), b = rasterize_regions({right}, 50, 40);
  for (int y = 0; y < 40; ++y) EXPECT_EQ(a.row(y)[0] ^ b.row(y)[0], (uint64_t{1} << 50) - 1);
}

TEST(SegmentRegion, IncludesAddUpAndExcludesWin) {
  std::mt19937 random(8);
  for (int round = 0; round < 20; ++round) {
    std::vector<Polygon> regions;
    for (int i = 0; i < 4; ++i) regions.push_back(random_polygon(random, 5, random() % 2 == 0));
    bool any_include = false;
    for (const Polygon& p : regions) any_include |= p.include;
    const BitImage mask = rasterize_regions(regions, 85, 47);
    for (int y = 0; y < 47; ++y) {
      for (int x = 0; x < 85; ++x) {
        bool included = !any_include, excluded = false;
        for (const Polygon& p : regions) (p.include ? included : excluded) |= is_inside(p, x, y);
        ASSERT_EQ(mask.get(x, y), included && !excluded);
      }
    }
  }
}

TEST(SegmentRegion, MasksEverySegmentersResult) {
  const test::OwnedFrame frame = test::random_frame(85, 47, PixelFormat::rgb8, 2);
  std::mt19937 random(12);
  const std::vector<Polygon> regions = {random_polygon(random, 6, true), random_polygon(random, 4, false)};
  const BitImage region = rasterize_regions(regions, 85, 47);
  const std::vector<FrameView> views{frame.view()};
  for (const SegmentMethod method : {SegmentMethod::threshold, SegmentMethod::otsu, SegmentMethod::adaptive,
                                     SegmentMethod::median, SegmentMethod::background, SegmentMethod::colour}) {
    SegmentParameters parameters;
    parameters.scene = std::make_shared<BackgroundImage>(median_background(GreyFrames(views).views()));
    parameters.method = method;
    parameters.classes = {{"all", 0, 255, 0, 255, 0, 255}, {"bright", 0, 255, 0, 255, 128, 255}};
    const auto plain = make_segmenter(parameters, 85, 47, PixelFormat::rgb8);
    parameters.regions = regions;
    const auto masked = make_segmenter(parameters, 85, 47, PixelFormat::rgb8);
    ASSERT_EQ(masked->masks(), plain->masks());
    EXPECT_EQ(masked->in_order(), plain->in_order());
    std::vector<BitImage> all(2, BitImage(85, 47)), inside(2, BitImage(85, 47));
    plain->segment(frame.view(), all.data());
    masked->segment(frame.view(), inside.data());
    uint64_t outside = 0;
    for (size_t i = 0; i < 2; ++i) {
      for (int y = 0; y < 47; ++y) {
        for (int word = 0; word < 2; ++word) {
          ASSERT_EQ(inside[i].row(y)[word], all[i].row(y)[word] & region.row(y)[word]);
          outside += static_cast<uint64_t>(std::popcount(all[i].row(y)[word] & ~region.row(y)[word]));
        }
      }
    }
    EXPECT_EQ(masked->outside(), outside);
    EXPECT_EQ(plain->outside(), 0u);
  }
}

TEST(SegmentRegion, CountsWhatItTakesAway) {
  std::mt19937_64 random(4);
  // Sizes around what one vector holds, and none of a whole number of words.
  for (const auto& [width, height] :
       std::vector<std::pair<int, int>>{{1, 1}, {63, 1}, {64, 3}, {65, 7}, {300, 5}, {513, 31}}) {
    BitImage region(width, height), mask(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        region.row(y)[x >> 6] |= (random() % 2) << (x & 63);
        mask.row(y)[x >> 6] |= (random() % 2) << (x & 63);
      }
    }
    uint64_t outside = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) outside += mask.get(x, y) && !region.get(x, y) ? 1 : 0;
    test::for_each_simd_target([&](const char* target) {
      BitImage kept = mask;
      EXPECT_EQ(keep_inside(region, kept), outside) << target;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) ASSERT_EQ(kept.get(x, y), mask.get(x, y) && region.get(x, y)) << target;
      EXPECT_EQ(keep_inside(region, kept), 0u) << target;
    });
  }
}

}  // namespace
}  // namespace flashcell::host
