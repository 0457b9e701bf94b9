#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "host/segment/segmenter.hpp"

namespace flashcell::host {
namespace {

/// The message with which these parameters are refused.
std::string refusal(const SegmentParameters& parameters, PixelFormat format = PixelFormat::rgb8, int width = 64) {
  try {
    make_segmenter(parameters, width, 64, format);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return "accepted";
}

SegmentParameters method(SegmentMethod m) {
  SegmentParameters parameters;
  parameters.method = m;
  return parameters;
}

TEST(SegmentParameters, DefaultsAreAccepted) {
  for (const SegmentMethod m :
       {SegmentMethod::threshold, SegmentMethod::otsu, SegmentMethod::adaptive, SegmentMethod::background}) {
    EXPECT_EQ(refusal(method(m)), "accepted");
  }
}

TEST(SegmentParameters, WindowMustBeOddAndInRange) {
  for (const int window : {30, 1, -3, 1025}) {
    SegmentParameters p = method(SegmentMethod::adaptive);
    p.window = window;
    EXPECT_EQ(refusal(p), "segment.window must be odd and 3 to 1023, not " + std::to_string(window));
  }
}

TEST(SegmentParameters, ThresholdHasTheFramesOwnRange) {
  SegmentParameters p = method(SegmentMethod::threshold);
  p.threshold = 300;
  EXPECT_EQ(refusal(p, PixelFormat::grey8), "segment.threshold must be 0 to 256, not 300");
  EXPECT_EQ(refusal(p, PixelFormat::grey16), "accepted");
  p.threshold = -1;
  EXPECT_EQ(refusal(p, PixelFormat::grey16), "segment.threshold must be 0 to 65536, not -1");
}

TEST(SegmentParameters, BackgroundNamesTheKey) {
  SegmentParameters p = method(SegmentMethod::background);
  p.learning_rate = 1.5;
  EXPECT_EQ(refusal(p), "segment.learning_rate must be 0 to 1, not 1.5");
  p.learning_rate = std::nan("");
  EXPECT_THAT(refusal(p), testing::StartsWith("segment.learning_rate must be"));
  p = method(SegmentMethod::background);
  p.sigmas = 0;
  EXPECT_THAT(refusal(p), testing::StartsWith("segment.sigmas must be"));
  p = method(SegmentMethod::background);
  p.min_sigma = -1;
  EXPECT_THAT(refusal(p), testing::StartsWith("segment.min_sigma must be"));
  p = method(SegmentMethod::background);
  p.learn_frames = -1;
  EXPECT_THAT(refusal(p), testing::StartsWith("segment.learn_frames must be"));
}

TEST(SegmentParameters, ColourNeedsColourFramesAndClasses) {
  SegmentParameters p = method(SegmentMethod::colour);
  EXPECT_EQ(refusal(p), "segment.classes must name 1 to 8 colours, not 0");
  p.classes.resize(9);
  EXPECT_EQ(refusal(p), "segment.classes must name 1 to 8 colours, not 9");
  p.classes.resize(1);
  EXPECT_EQ(refusal(p), "accepted");
  EXPECT_THAT(refusal(p, PixelFormat::grey8), testing::HasSubstr("needs colour frames"));
  p.classes[0].name = "red";
  p.classes[0].saturation_low = 200;
  p.classes[0].saturation_high = 100;
  EXPECT_EQ(refusal(p), "segment.classes[0] \"red\": saturation_low 200 is above saturation_high 100");
}

TEST(SegmentParameters, RegionsNeedThreeFinitePoints) {
  SegmentParameters p;
  p.regions.resize(2);
  p.regions[0].points = {{0, 0}, {9, 0}, {9, 9}};
  p.regions[1].points = {{0, 0}, {9, 0}};
  EXPECT_EQ(refusal(p), "segment.region number 2 needs points = [[x, y], ...], at least three, not 2");
  p.regions[1].points.push_back({INFINITY, 3});
  EXPECT_THAT(refusal(p), testing::HasSubstr("no finite number"));
}

TEST(SegmentParameters, FrameSidesAreLimited) {
  EXPECT_EQ(refusal({}, PixelFormat::grey8, 4097), "frame width must be 1 to 4096, not 4097");
}

}  // namespace
}  // namespace flashcell::host
