#include <gmock/gmock.h>
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

SegmentRegion random_polygon(std::mt19937& random, int points, bool include) {
  SegmentRegion polygon;
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
bool is_inside(const SegmentRegion& polygon, double x, double y) {
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
    const SegmentRegion polygon = random_polygon(random, 3 + round % 7, true);
    const BitImage mask = rasterize_regions({polygon}, 85, 47);
    EXPECT_TRUE(test::padding_is_clear(mask));
    for (int y = 0; y < 47; ++y) {
      for (int x = 0; x < 85; ++x) ASSERT_EQ(mask.get(x, y), is_inside(polygon, x, y)) << x << ' ' << y;
    }
  }
}

TEST(SegmentRegion, ConvexPolygonEqualsOpenCv) {
  const SegmentRegion polygon{true, {{10.3, 5.2}, {60.7, 1.6}, {70.2, 30.9}, {33.1, 44.4}, {4.4, 25.5}}};
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
  const SegmentRegion left{true, {{0, 0}, {20, 0}, {30, 40}, {0, 40}}},
      right{true, {{20, 0}, {50, 0}, {50, 40}, {30, 40}}};
  const BitImage a = rasterize_regions({left}, 50, 40), b = rasterize_regions({right}, 50, 40);
  for (int y = 0; y < 40; ++y) EXPECT_EQ(a.row(y)[0] ^ b.row(y)[0], (uint64_t{1} << 50) - 1);
}

TEST(SegmentRegion, IncludesAddUpAndExcludesWin) {
  std::mt19937 random(8);
  for (int round = 0; round < 20; ++round) {
    std::vector<SegmentRegion> regions;
    for (int i = 0; i < 4; ++i) regions.push_back(random_polygon(random, 5, random() % 2 == 0));
    bool any_include = false;
    for (const SegmentRegion& p : regions) any_include |= p.include;
    const BitImage mask = rasterize_regions(regions, 85, 47);
    for (int y = 0; y < 47; ++y) {
      for (int x = 0; x < 85; ++x) {
        bool included = !any_include, excluded = false;
        for (const SegmentRegion& p : regions) (p.include ? included : excluded) |= is_inside(p, x, y);
        ASSERT_EQ(mask.get(x, y), included && !excluded);
      }
    }
  }
}

SegmentRegion circle(double x, double y, double radius, bool include = true) {
  SegmentRegion region;
  region.include = include;
  region.circle = {x, y, radius};
  return region;
}

SegmentRegion rectangle(double left, double top, double width, double height) {
  SegmentRegion region;
  region.rectangle = {left, top, width, height};
  return region;
}

SegmentRegion wells(const SegmentRegion& around, int columns, int rows, WellShape shape, double gap) {
  SegmentRegion region = around;
  region.grid = {static_cast<double>(columns), static_cast<double>(rows)};
  region.well = shape;
  region.gap = gap;
  return region;
}

TEST(SegmentRegion, CirclesHoldThePixelsWithinTheirRadius) {
  std::mt19937 random(6);
  for (int round = 0; round < 200; ++round) {
    // Halves and whole numbers: centres lie on the edge, too.
    const double x = static_cast<double>(random() % 220) / 2 - 10, y = static_cast<double>(random() % 140) / 2 - 10;
    const double r = static_cast<double>(1 + random() % 60) / 2;
    const BitImage mask = rasterize_regions({circle(x, y, r)}, 85, 47);
    EXPECT_TRUE(test::padding_is_clear(mask));
    for (int py = 0; py < 47; ++py) {
      for (int px = 0; px < 85; ++px) {
        const double squared = (px - x) * (px - x) + (py - y) * (py - y);
        ASSERT_EQ(mask.get(px, py), squared < r * r || (squared == r * r && px < x)) << px << ' ' << py;
      }
    }
  }
}

TEST(SegmentRegion, ARectangleIsThePolygonOfItsCorners) {
  for (const auto& [left, top, width, height] : std::vector<std::array<double, 4>>{
           {3, 4, 20, 10}, {-5, 30.5, 40.25, 40}, {80.5, 0, 0.6, 47}, {-9, -9, 200, 200}}) {
    const SegmentRegion polygon{true,
                                {{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}}};
    const BitImage mask = rasterize_regions({rectangle(left, top, width, height)}, 85, 47),
                   other = rasterize_regions({polygon}, 85, 47);
    for (int y = 0; y < 47; ++y) {
      for (int x = 0; x < 85; ++x) {
        ASSERT_EQ(mask.get(x, y), other.get(x, y));
        ASSERT_EQ(mask.get(x, y), x >= left && x < left + width && y >= top && y < top + height);
      }
    }
  }
}

TEST(SegmentRegion, WellsAreNamedAsOnAPlateAndLieInRowsAndColumns) {
  SegmentRegion grid = wells(rectangle(10, 20, 58, 38), 3, 2, WellShape::rectangle, 2);
  grid.count = {1, 1};
  const std::vector<RegionShape> shapes = shapes_of(std::vector{grid});
  std::string names;
  for (const RegionShape& shape : shapes) names += shape.name + " ";
  EXPECT_EQ(names, "A1 A2 A3 B1 B2 B3 ");
  // Three of 18 px and two gaps of 2; two of 18 px and one.
  EXPECT_EQ(shapes[5].points[0], (std::array<double, 2>{50, 40}));
  EXPECT_EQ(shapes[5].points[2], (std::array<double, 2>{68, 58}));
  EXPECT_EQ(shapes[5].count, (tracking::ObjectCount{1, 1}));
  grid = wells(rectangle(10, 20, 58, 58), 3, 2, WellShape::circle, 2);
  grid.name = "left";
  const std::vector<RegionShape> round = shapes_of(std::vector{grid});
  EXPECT_EQ(round[3].name, "left B1");
  EXPECT_EQ(round[3].radius, 9) << "as wide as the shorter side";
  EXPECT_EQ(round[3].x, 19);
  EXPECT_EQ(round[3].y, 64);
  grid = wells(rectangle(0, 0, 100, 100), 1, 60, WellShape::rectangle, 0);
  const std::vector<RegionShape> column = shapes_of(std::vector{grid});
  EXPECT_EQ(column[25].name, "Z1");
  EXPECT_EQ(column[26].name, "AA1");
  EXPECT_EQ(column[52].name, "BA1");
}

TEST(SegmentRegion, TheFirstListedRegionHasAPixelWhateverIsCutOut) {
  std::mt19937 random(9);
  for (int round = 0; round < 20; ++round) {
    std::vector<SegmentRegion> regions;
    for (int i = 0; i < 5; ++i) {
      regions.push_back(i % 2 == 0 ? random_polygon(random, 5, random() % 3 != 0)
                                   : circle(static_cast<double>(random() % 85), 20, 12, random() % 3 != 0));
    }
    std::vector<BitImage> alone;
    for (const SegmentRegion& region : regions) {
      SegmentRegion kept = region;
      kept.include = true;
      alone.push_back(rasterize_regions({kept}, 85, 47));
    }
    const auto map = make_region_map(regions, 85, 47);
    for (int y = 0; y < 47 && map; ++y) {
      for (int x = 0; x < 85; ++x) {
        int expected = tracking::RegionMap::kNone, number = 0;
        for (size_t i = 0; i < regions.size(); ++i) {
          if (!regions[i].include) continue;
          if (expected < 0 && alone[i].get(x, y)) expected = number;
          ++number;
        }
        ASSERT_EQ(map->at(x, y), expected);
        ASSERT_EQ(map->at(x + 0.49, y - 0.49), expected) << "nearest pixel";
      }
    }
  }
  EXPECT_EQ(make_region_map({circle(5, 5, 3, false)}, 85, 47), nullptr);
  EXPECT_EQ(make_region_map({}, 85, 47), nullptr);
}

TEST(SegmentRegion, WhatHoldsNoPixelIsNamed) {
  const std::vector<SegmentRegion> regions = {
      wells(rectangle(3, 3, 170, 40), 2, 1, WellShape::rectangle, 0),  // the second well begins at 88
      circle(10, 10, 3, true), circle(-20, 10, 3, false), circle(84, 46, 3, true)};
  EXPECT_EQ(empty_regions(regions, 85, 47), (std::vector<std::string>{"A2"}));
  EXPECT_EQ(empty_regions(regions, 89, 0).size(), 4u);
  EXPECT_TRUE(empty_regions({}, 85, 47).empty());
}

TEST(SegmentRegion, ALinePartsRegionsThatTouchWhereTheirObjectsAreCounted) {
  std::vector<SegmentRegion> regions = {wells(rectangle(3, 3, 60, 40), 3, 2, WellShape::rectangle, 0),
                                        {true, {{63, 3}, {80, 20}, {63, 43}}}};
  const BitImage together = rasterize_regions(regions, 85, 47);
  regions[0].count = {1, 1};
  const BitImage apart = rasterize_regions(regions, 85, 47);
  const auto map = make_region_map(regions, 85, 47);
  int cleared = 0;
  for (int y = 0; y < 46; ++y) {
    for (int x = 0; x < 84; ++x) {
      ASSERT_FALSE(apart.get(x, y) && !together.get(x, y));
      cleared += together.get(x, y) && !apart.get(x, y);
      if (!apart.get(x, y)) continue;
      for (const auto& [dx, dy] : std::vector<std::array<int, 2>>{{1, 0}, {0, 1}, {1, 1}, {-1, 1}}) {
        if (x + dx < 0 || !apart.get(x + dx, y + dy)) continue;
        ASSERT_EQ(map->at(x, y), map->at(x + dx, y + dy)) << "pixels that touch";
      }
    }
  }
  EXPECT_GT(cleared, 3 * 40 - 5);
  EXPECT_LT(cleared, 3 * 40 + 60 + 20);
}

std::string fault(std::vector<SegmentRegion> regions) {
  return fault_of_last(regions);
}

TEST(SegmentRegion, FaultsSayWhatIsMissing) {
  using testing::HasSubstr;
  const SegmentRegion good = rectangle(0, 0, 10, 10);
  EXPECT_EQ(fault({good}), "");
  EXPECT_THAT(fault({SegmentRegion{}}), HasSubstr("no shape"));
  SegmentRegion both = good;
  both.circle = {1, 2, 3};
  EXPECT_THAT(fault({both}), HasSubstr("has 2 shapes; give one"));
  EXPECT_THAT(fault({rectangle(0, 0, 0, 10)}), HasSubstr("without extent"));
  EXPECT_THAT(fault({circle(0, 0, 0)}), HasSubstr("radius must be above 0"));
  EXPECT_THAT(fault({wells(good, 3, 2, WellShape::circle, 5)}), HasSubstr("leaves no room"));
  EXPECT_THAT(fault({wells(good, 0, 2, WellShape::circle, 0)}), HasSubstr("whole numbers"));
  EXPECT_THAT(fault({wells(SegmentRegion{true, {{0, 0}, {9, 0}, {9, 9}}}, 2, 2, WellShape::circle, 0)}),
              HasSubstr("needs the rectangle"));
  EXPECT_THAT(fault({wells(rectangle(0, 0, 4000, 4000), 100, 100, WellShape::circle, 0)}), HasSubstr("at most 2000"));
  SegmentRegion named = good;
  named.name = "A2";
  EXPECT_THAT(fault({wells(good, 3, 2, WellShape::circle, 0), named}), HasSubstr("second one called \"A2\""));
  EXPECT_THAT(fault({wells(good, 3, 2, WellShape::circle, 0), wells(good, 1, 1, WellShape::circle, 0)}),
              HasSubstr("second one called \"A1\""));
  named.name = "region 2";
  EXPECT_THAT(fault({named, good}), HasSubstr("second one called"));
  named.name = "none";
  EXPECT_THAT(fault({named}), HasSubstr("as outputs call no region"));
  named.name = "a\nb";
  EXPECT_THAT(fault({named}), HasSubstr("more than one line"));
  SegmentRegion cut = circle(3, 3, 3, false);
  cut.count = {1, 1};
  EXPECT_THAT(fault({cut}), HasSubstr("nothing in it is counted"));
}

TEST(SegmentRegion, MasksEverySegmentersResult) {
  const test::OwnedFrame frame = test::random_frame(85, 47, PixelFormat::rgb8, 2);
  std::mt19937 random(12);
  const std::vector<SegmentRegion> regions = {random_polygon(random, 6, true), random_polygon(random, 4, false)};
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
  for (const auto& size : std::vector<std::pair<int, int>>{{1, 1}, {63, 1}, {64, 3}, {65, 7}, {300, 5}, {513, 31}}) {
    const int width = size.first, height = size.second;
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
