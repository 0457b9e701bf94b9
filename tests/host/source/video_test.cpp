#include <gmock/gmock.h>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "host/synth/write_scene.hpp"
#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;

class Video : public FilesTest {
 protected:
  /// A lossless grey video of 8 frames at 2000 frames/s.
  std::string make() const {
    host::write_scene(host::parse_scene("synth:discs?size=96x64&objects=4&noise=5&frames=8"), directory_,
                      host::SceneFile::video, {});
    return path("scene.mov");
  }
};

TEST_F(Video, FramesAreTheScenesBitForBit) {
  const Recording scene = record("synth:discs?size=96x64&objects=4&noise=5&frames=8");
  const Recording video = record(make(), {.grey = true});
  EXPECT_EQ(video.error, "");
  EXPECT_EQ(video.info.fps, 2000);
  EXPECT_EQ(video.info.frame_count, 8);
  ASSERT_EQ(video.frames.size(), 8u);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(video.frames[i].samples, scene.frames[i].samples);
    EXPECT_EQ(video.frames[i].time_ns, static_cast<int64_t>(i) * 500000);
  }
  EXPECT_EQ(record(path("scene.mov")).info.format, PixelFormat::bgr8);
}

TEST_F(Video, StartLimitAndFrameRateAreTheCallers) {
  const Recording whole = record(make(), {.grey = true});
  const Recording part = record(path("scene.mov"), {.grey = true, .start_frame = 5, .frame_limit = 2, .fps = 7});
  ASSERT_EQ(part.frames.size(), 2u);
  EXPECT_EQ(part.frames[0].number, 5);
  EXPECT_EQ(part.frames[0].samples, whole.frames[5].samples);
  EXPECT_FALSE(part.frames[0].time_ns.has_value());
  EXPECT_EQ(part.info.fps, 7);
  EXPECT_THAT(refusal(path("scene.mov"), {.start_frame = 8}, Fault::usage),
              HasSubstr("start frame 8 is beyond the last, 7"));
}

TEST_F(Video, WhatIsNoVideoIsToldInOneLine) {
  EXPECT_THAT(refusal(write("a.txt", std::string("just text\n"))), HasSubstr("is empty or text"));
  EXPECT_THAT(refusal(write("a.mp4", std::string("just text\n"))), HasSubstr("is empty or text"));
  EXPECT_THAT(refusal(write("b.mp4", Bytes())), HasSubstr("is empty or text"));
  EXPECT_THAT(refusal(write("c.mp4", Bytes(5000, 3))), HasSubstr("is no video"));
  const Bytes movie = read(make());
  EXPECT_THAT(refusal(write("cut.mov", Bytes(movie.begin(), movie.begin() + 200))), HasSubstr("is no video"));
}

TEST_F(Video, ATruncatedRecordingEndsWithOneError) {
  FLASHCELL_NEEDS_DATA("video/bgs_video02.avi");
  const Bytes whole = read(data_dir() / "video/bgs_video02.avi");
  const auto source = host::open_source(
      write("cut.avi", Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(whole.size() / 2))), {});
  Frame frame;
  int64_t frames = 0;
  try {
    while (source->next(frame)) ++frames;
    FAIL() << "must not end quietly";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    EXPECT_THAT(e.what(), HasSubstr("ends after frame " + std::to_string(frames - 1) + " of 750"));
  }
  EXPECT_GT(frames, 200);
  EXPECT_LT(frames, 600);
}

TEST_F(Video, RealRecordingsEndWhereTheySay) {
  struct Case {
    const char* name;
    int width, height, counted, frames;  // counted: by the container
  };
  for (const Case& c : {Case{"bgs_video02.avi", 320, 240, 750, 748}, Case{"sleap_clip.mp4", 1024, 1024, 1500, 1500}}) {
    FLASHCELL_NEEDS_DATA(std::string("video/") + c.name);
    const auto source = host::open_source((data_dir() / "video" / c.name).string(), {.grey = true});
    EXPECT_EQ(source->info().width, c.width);
    EXPECT_EQ(source->info().height, c.height);
    EXPECT_EQ(source->info().frame_count, c.counted);
    Frame frame;
    int frames = 0;
    int64_t last = -1;
    while (source->next(frame)) {
      ASSERT_EQ(frame.number, frames++);
      ASSERT_GT(frame.device_time_ns.value(), last);
      last = *frame.device_time_ns;
    }
    EXPECT_EQ(frames, c.frames);
  }
}

}  // namespace
}  // namespace flashcell::test
