#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "pipeline/left_out.hpp"

namespace flashcell {
namespace {

TEST(AreaHistogram, BinsAreSixteenthsOfAnOctave) {
  int last = -1;
  for (uint32_t area = 1; area < 100000; ++area) {
    const int bin = AreaHistogram::bin_of(area);
    ASSERT_TRUE(bin == last || bin == last + 1 || last == -1) << area;
    ASSERT_LE(AreaHistogram::least_of(bin), area);
    ASSERT_GT(AreaHistogram::least_of(bin + 1), area);
    ASSERT_LE(16 * AreaHistogram::least_of(bin + 1), 17 * std::max(16u, AreaHistogram::least_of(bin))) << area;
    last = bin;
  }
  EXPECT_EQ(AreaHistogram::bin_of(0xFFFFFFFF), AreaHistogram::kBins - 1);
  EXPECT_EQ(AreaHistogram::bin_of(0), 0);
}

TEST(AreaHistogram, QuantilesAreThoseOfTheBins) {
  AreaHistogram areas;
  EXPECT_EQ(areas.quantile(0.5), 0u);
  for (uint32_t area = 1; area <= 1000; ++area) areas.add(area);
  EXPECT_EQ(areas.count(), 1000u);
  EXPECT_EQ(areas.quantile(0), 1u);
  EXPECT_EQ(areas.quantile(0.5), 496u);
  EXPECT_EQ(areas.quantile(1), 992u);
  EXPECT_EQ(areas.between(0, 1000), 1000u);
  EXPECT_EQ(areas.between(10, 20), 11u);
  EXPECT_EQ(areas.between(512, 1e9), 489u);
  EXPECT_EQ(areas.between(2000, 1e9), 0u);
}

struct Scene {
  std::vector<uint32_t> areas;  // px, of the objects of a frame
  int frames = 100;
};

/// What limits leave out of scenes that follow each other.
LeftOut with_limits(uint32_t min_area, uint32_t max_area, const std::vector<Scene>& scenes) {
  contract::LabelParameters limits;
  limits.min_area = min_area;
  limits.max_area = max_area;
  LeftOut left_out;
  for (const Scene& scene : scenes) {
    contract::FrameSummary found;
    std::vector<contract::ObjectRecord> kept;
    for (const uint32_t area : scene.areas) {
      if (area < min_area || area > max_area) {
        found.leave_out(limits, area);
        continue;
      }
      contract::ObjectRecord object{};
      object.m00 = area;
      kept.push_back(object);
      ++found.objects;
    }
    for (int frame = 0; frame < scene.frames; ++frame) left_out.add(found, kept);
  }
  return left_out;
}

constexpr uint32_t kNoLimit = contract::kNoArea;
const Scene kTwoFliesAndDust{{300, 280, 60, 9, 3, 2, 2, 1, 1, 1, 1, 1}};

TEST(LeftOut, SpecksAndSceneryAreNoLoss) {
  for (const LeftOut& good : {with_limits(100, 600, {kTwoFliesAndDust}), with_limits(20, kNoLimit, {kTwoFliesAndDust}),
                              with_limits(100, 600, {{{300, 280, 9000, 2}}}), with_limits(1, kNoLimit, {{{}}})}) {
    EXPECT_FALSE(good.subjects_below());
    EXPECT_FALSE(good.subjects_above());
  }
}

TEST(LeftOut, SubjectsBeyondALimitAreALoss) {
  // All of them, with and without dust left; the smaller one; the larger one.
  const LeftOut all_small = with_limits(400, kNoLimit, {kTwoFliesAndDust});
  EXPECT_TRUE(all_small.subjects_below());
  EXPECT_FALSE(all_small.subjects_above());
  EXPECT_TRUE(all_small.hardly_any_kept());
  EXPECT_EQ(all_small.area_below(), 288u);
  EXPECT_EQ(all_small.frames_below(), 1);
  EXPECT_TRUE(with_limits(1, 200, {kTwoFliesAndDust}).subjects_above());
  EXPECT_TRUE(with_limits(100, 200, {kTwoFliesAndDust}).subjects_above());
  EXPECT_TRUE(with_limits(290, 600, {kTwoFliesAndDust}).subjects_below());
  EXPECT_TRUE(with_limits(100, 290, {kTwoFliesAndDust}).subjects_above());
}

TEST(LeftOut, AFewFragmentsAreNotTheSubjects) {
  // Twenty discs of 130 px each frame, of which the edge cuts one to 12 px.
  Scene discs{{12}};
  discs.areas.resize(20, 130);
  EXPECT_TRUE(with_limits(1, 40, {discs}).subjects_above());
  EXPECT_TRUE(with_limits(1, 40, {discs}).hardly_any_kept());
  discs.areas.assign({12, 12, 12, 130, 130, 130});
  EXPECT_FALSE(with_limits(1, 40, {discs}).subjects_above()) << "things of another kind";
}

TEST(LeftOut, HasToBeThereInMostFrames) {
  const Scene fly{{300}, 60}, hand{{300, 700}, 40}, small{{300, 250}, 40};
  EXPECT_FALSE(with_limits(100, 600, {fly, hand}).subjects_above());
  EXPECT_FALSE(with_limits(280, 600, {fly, small}).subjects_below());
}

TEST(LeftOut, ADropletThatIsSeldomThereIsNoLossAndNoneAmongSpecksIs) {
  const Scene empty{{2, 1, 1}, 92}, droplet{{300, 2, 1}, 8};
  EXPECT_FALSE(with_limits(100, 600, {empty, droplet}).subjects_below());
  EXPECT_TRUE(with_limits(400, 600, {{{2, 1, 1, 300}}}).subjects_below());
}

}  // namespace
}  // namespace flashcell
