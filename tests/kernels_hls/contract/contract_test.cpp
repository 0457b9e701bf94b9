// The contract's tables and formulas, derived a second time or compared with OpenCV's.
#include <gtest/gtest.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <set>
#include <vector>

#include "kernels_hls/contract/colour.hpp"
#include "kernels_hls/contract/hlac.hpp"

namespace flashcell::contract {
namespace {

using Point = std::pair<int, int>;  // (dy, dx): raster order
using Shape = std::set<Point>;

// Moved so that its first point in raster order is the origin: equal for shapes that are translations of each other.
Shape anchored(const Shape& shape) {
  Shape moved;
  const Point first = *shape.begin();
  for (const Point& p : shape) moved.insert({p.first - first.first, p.second - first.second});
  return moved;
}

TEST(Hlac, TableIsTheEnumerationOfPatternsUpToTranslation) {
  std::set<Shape> known;
  std::vector<std::pair<int, int>> derived;  // order, neighbours
  for (int order = 0; order <= 2; ++order) {
    for (int neighbours = 0; neighbours < 256; ++neighbours) {
      Shape shape = {{0, 0}};
      for (int k = 0; k < 8; ++k) {
        if (neighbours >> k & 1) shape.insert({kNeighbourDy[k], kNeighbourDx[k]});
      }
      if (shape.size() != static_cast<size_t>(order) + 1) continue;
      if (known.insert(anchored(shape)).second) derived.push_back({order, neighbours});
    }
  }
  ASSERT_EQ(derived.size(), static_cast<size_t>(kHlacCount));
  for (int i = 0; i < kHlacCount; ++i) {
    EXPECT_EQ(derived[i].first, kHlacPatterns[i].order) << i;
    EXPECT_EQ(derived[i].second, kHlacPatterns[i].neighbours) << i;
  }
}

TEST(Colour, EveryColourEqualsOpenCv) {
  cv::Mat rgb(256, 256, CV_8UC3), hsv, grey;
  for (int r = 0; r < 256; ++r) {
    for (int g = 0; g < 256; ++g) {
      for (int b = 0; b < 256; ++b) {
        rgb.at<cv::Vec3b>(g, b) = {static_cast<uint8_t>(r), static_cast<uint8_t>(g), static_cast<uint8_t>(b)};
      }
    }
    cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV_FULL);
    cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
    int different = 0;
    for (int g = 0; g < 256; ++g) {
      for (int b = 0; b < 256; ++b) {
        const uint8_t ur = static_cast<uint8_t>(r), ug = static_cast<uint8_t>(g), ub = static_cast<uint8_t>(b);
        const Hsv8 ours = hsv8(ur, ug, ub);
        different += hsv.at<cv::Vec3b>(g, b) == cv::Vec3b(ours.h, ours.s, ours.v) ? 0 : 1;
        different += grey.at<uint8_t>(g, b) == luma8(ur, ug, ub) ? 0 : 1;
      }
    }
    ASSERT_EQ(different, 0) << "red " << r;
  }
}

}  // namespace
}  // namespace flashcell::contract
