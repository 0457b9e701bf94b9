#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <opencv2/videoio.hpp>

#include "base/error.hpp"
#include "host/segment/auto_segment.hpp"
#include "tests/host/segment/support.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;

std::vector<FrameView> views(const std::vector<OwnedFrame>& frames) {
  std::vector<FrameView> result;
  for (const OwnedFrame& frame : frames) result.push_back(frame.view());
  return result;
}

/// A disc of radius 5 (81 px) that crosses a scene with a little noise.
template <class Scene>
std::vector<OwnedFrame> crossing_disc(Scene scene, int disc_level) {
  std::vector<OwnedFrame> frames;
  std::mt19937 random(6);
  for (int number = 0; number < 20; ++number) {
    OwnedFrame& frame = frames.emplace_back(160, 100, PixelFormat::grey8);
    for (int y = 0; y < 100; ++y) {
      for (int x = 0; x < 160; ++x) {
        const bool in_disc = std::hypot(x - 10 - 7 * number, y - 40 - number) <= 5;
        frame.set_grey(x, y, (in_disc ? disc_level : scene(x, y)) + static_cast<int>(random() % 3));
      }
    }
  }
  return frames;
}

TEST(AutoSegment, ThresholdForABrightObjectOnADarkScene) {
  const AutoSegment result = auto_segment_parameters(views(crossing_disc([](int x, int) { return 30 + x / 8; }, 180)));
  EXPECT_EQ(result.parameters.method, SegmentMethod::threshold);
  EXPECT_EQ(result.parameters.polarity, Polarity::bright);
  EXPECT_GT(result.parameters.threshold, 80);
  EXPECT_LT(result.parameters.threshold, 160);
  EXPECT_LT(result.min_area, 40u);
  EXPECT_GT(result.max_area, 162u);
  EXPECT_THAT(result.reason, testing::HasSubstr("fixed threshold"));
}

TEST(AutoSegment, ThresholdForADarkObjectOnABrightScene) {
  const AutoSegment result = auto_segment_parameters(views(crossing_disc([](int, int y) { return 150 + y / 4; }, 60)));
  EXPECT_EQ(result.parameters.method, SegmentMethod::threshold);
  EXPECT_EQ(result.parameters.polarity, Polarity::dark);
  EXPECT_GT(result.parameters.threshold, 80);
  EXPECT_LT(result.parameters.threshold, 140);
}

TEST(AutoSegment, BackgroundWhereTheSceneHasTheObjectsGreyEverywhere) {
  const AutoSegment result = auto_segment_parameters(
      views(crossing_disc([](int x, int y) { return (x / 20 + y / 20) % 2 != 0 ? 200 : 40; }, 120)));
  EXPECT_EQ(result.parameters.method, SegmentMethod::background);
  EXPECT_THAT(result.reason, testing::HasSubstr("running background"));
  EXPECT_EQ(result.parameters.learn_frames, 5) << "a quarter of 20 frames";
}

TEST(AutoSegment, OtsuOrAdaptiveWhereNothingMoves) {
  OwnedFrame spot(100, 80, PixelFormat::grey8), slope(100, 80, PixelFormat::grey8);
  std::mt19937 random(3);
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 100; ++x) {
      spot.set_grey(x, y, x > 70 && y > 50 ? 40 : 200);
      slope.set_grey(x, y, static_cast<int>(random() % 100 + random() % 100));
    }
  }
  const AutoSegment otsu = auto_segment_parameters(std::vector<FrameView>(5, spot.view()));
  EXPECT_EQ(otsu.parameters.method, SegmentMethod::otsu);
  EXPECT_EQ(otsu.parameters.polarity, Polarity::dark);
  EXPECT_THAT(otsu.reason, testing::StartsWith("nothing moves"));
  const AutoSegment adaptive = auto_segment_parameters(std::vector<FrameView>(1, slope.view()));
  EXPECT_EQ(adaptive.parameters.method, SegmentMethod::adaptive);
  EXPECT_THAT(adaptive.reason, testing::StartsWith("too few frames"));
}

TEST(AutoSegment, EveryProposalIsAccepted) {
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8, PixelFormat::bgr8}) {
    for (const int size : {1, 2, 5, 40}) {
      std::vector<OwnedFrame> frames;
      for (uint32_t i = 0; i < 4; ++i) frames.push_back(test::random_frame(size, size, format, i));
      const AutoSegment result = auto_segment_parameters(views(frames));
      EXPECT_NO_THROW(make_segmenter(result.parameters, size, size, format)) << result.reason;
      EXPECT_LE(result.min_area, result.max_area);
    }
  }
}

TEST(AutoSegment, NoFrameIsAnError) {
  EXPECT_THROW(auto_segment_parameters({}), Error);
}

AutoSegment of_video(const std::filesystem::path& path) {
  cv::VideoCapture video(path.string());
  const int step = std::max(1, static_cast<int>(video.get(cv::CAP_PROP_FRAME_COUNT)) / kAutoSegmentFrames);
  std::vector<cv::Mat> frames;
  for (int number = 0; video.grab(); ++number) {
    if (number % step != 0) continue;
    video.retrieve(frames.emplace_back());
  }
  std::vector<FrameView> result;
  for (const cv::Mat& frame : frames) {
    result.push_back({frame.data, frame.cols, frame.rows, static_cast<ptrdiff_t>(frame.step), PixelFormat::bgr8});
  }
  return auto_segment_parameters(result);
}

/// Two bright flies that mostly stand still.
TEST(AutoSegment, RecordingOfFlies) {
  FLASHCELL_NEEDS_DATA("video/sleap_clip.mp4");
  const AutoSegment result = of_video(test::data_dir() / "video/sleap_clip.mp4");
  EXPECT_EQ(result.parameters.method, SegmentMethod::threshold) << result.reason;
  EXPECT_EQ(result.parameters.polarity, Polarity::bright);
}

/// Street scenes, people and cars of any grey.
TEST(AutoSegment, RecordingOfAStreet) {
  FLASHCELL_NEEDS_DATA("video/bgs_video02.avi");
  EXPECT_EQ(of_video(test::data_dir() / "video/bgs_video02.avi").parameters.method, SegmentMethod::background);
}

/// 12-bit samples, two in three bytes, most significant bits first.
TEST(AutoSegment, RecordingOfAFallingBall) {
  FLASHCELL_NEEDS_DATA("highspeed/ball_12bit.mraw");
  std::ifstream file(test::data_dir() / "highspeed/ball_12bit.mraw", std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t pixels = 384 * 384;
  std::vector<OwnedFrame> frames;
  for (size_t number = 0; number < bytes.size() / (pixels * 3 / 2); ++number) {
    OwnedFrame& frame = frames.emplace_back(384, 384, PixelFormat::grey16);
    for (size_t i = 0; i < pixels; ++i) {
      const uint8_t* pair = &bytes[(number * pixels + i / 2 * 2) * 3 / 2];
      const int level = i % 2 == 0 ? pair[0] << 4 | pair[1] >> 4 : (pair[1] & 15) << 8 | pair[2];
      frame.set_grey(static_cast<int>(i % 384), static_cast<int>(i / 384), level);
    }
  }
  const AutoSegment result = auto_segment_parameters(views(frames));
  EXPECT_EQ(result.parameters.method, SegmentMethod::threshold) << result.reason;
}

}  // namespace
}  // namespace flashcell::host
