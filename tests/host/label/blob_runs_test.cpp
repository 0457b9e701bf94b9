// The pixels that are found again of every object add up to what the labeller measured of it.
#include "host/label/blob_runs.hpp"

#include <gtest/gtest.h>

#include "host/label/labeller.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;

struct Sums {
  uint64_t area = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  bool operator==(const Sums&) const = default;
};

Sums sums_of(std::span<const tracking::PixelRun> runs) {
  Sums sums;
  for (const tracking::PixelRun& run : runs) {
    const auto y = static_cast<uint64_t>(run.y);
    for (auto x = static_cast<uint64_t>(run.first); x <= static_cast<uint64_t>(run.last); ++x) {
      ++sums.area;
      sums.x += x;
      sums.y += y;
      sums.xx += x * x;
      sums.xy += x * y;
      sums.yy += y * y;
    }
  }
  return sums;
}

void expect_found_again(const BitImage& mask, Connectivity connectivity, uint8_t min_cell_pixels = 1) {
  contract::LabelParameters p;
  p.width = static_cast<uint32_t>(mask.width());
  p.height = static_cast<uint32_t>(mask.height());
  p.connectivity = connectivity;
  p.min_cell_pixels = min_cell_pixels;
  p.max_objects = 1 << 20;
  ObjectTable table;
  make_fast_labeller(p)->label(mask, {}, 0, table);
  std::vector<BitImage> masks{mask};
  BlobRuns::keep(p, masks, table);
  ASSERT_FALSE(table.objects.empty());
  for (const contract::ObjectRecord& o : table.objects) {
    const auto runs = table.pixels->of(tracking::make_detection(o, nullptr, {}));
    ASSERT_EQ(sums_of(runs), (Sums{o.m00, o.m10, o.m01, o.m20, o.m11, o.m02}))
        << "the object from " << o.left << "," << o.top << " to " << o.right << "," << o.bottom;
  }
}

class BlobRunsOf : public testing::TestWithParam<Connectivity> {};

TEST_P(BlobRunsOf, Noise) {
  for (const double density : {0.05, 0.3, 0.45, 0.6})
    expect_found_again(test::noise(203, 91, density, static_cast<uint32_t>(100 * density)), GetParam());
}
TEST_P(BlobRunsOf, DiscsThatTouch) {
  expect_found_again(test::discs(300, 260, 60, 11, 7), GetParam());
}
TEST_P(BlobRunsOf, ALineWoundIntoItself) {
  expect_found_again(test::spiral(130, 120, 6), GetParam());
}
TEST_P(BlobRunsOf, TheWholeFrameAndItsEdges) {
  expect_found_again(test::drawn(64, 64, [](int, int) { return true; }), GetParam());
  expect_found_again(test::drawn(129, 65, [](int x, int y) { return x == 0 || y == 0 || x == 128 || y == 64; }),
                     GetParam());
}
INSTANTIATE_TEST_SUITE_P(All, BlobRunsOf,
                         testing::Values(Connectivity::cell, Connectivity::exact8, Connectivity::exact4));

TEST(BlobRuns, CellsWithFewPixelsBelongToNobody) {
  for (const int least : {3, 12, 20})
    expect_found_again(test::noise(203, 91, 0.3, 9), Connectivity::cell, static_cast<uint8_t>(least));
}

TEST(BlobRuns, MasksGoRoundAndTheNewestCount) {
  contract::LabelParameters p;
  p.width = p.height = 64;
  const auto dot = [](int at) { return test::drawn(64, 64, [at](int x, int y) { return x == at && y == at; }); };
  ObjectTable table;
  std::vector<BitImage> masks{dot(5)};
  BlobRuns::keep(p, masks, table);
  const tracking::BlobPixels* first = table.pixels.get();
  masks[0] = dot(9);
  BlobRuns::keep(p, masks, table);
  EXPECT_EQ(table.pixels.get(), first);
  EXPECT_EQ(masks[0].width(), 64);
  tracking::Detection blob;
  blob.has_shape = true;
  blob.box = {9, 9, 1, 1};
  EXPECT_EQ(table.pixels->of(blob).size(), 1u);
  blob.box = {5, 5, 1, 1};
  EXPECT_TRUE(table.pixels->of(blob).empty());
  blob.box = {60, 60, 9, 9};
  EXPECT_TRUE(table.pixels->of(blob).empty()) << "beyond the frame";
}

}  // namespace
}  // namespace flashcell::host
