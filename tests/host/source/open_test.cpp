#include <gmock/gmock.h>

#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;

class OpenSource : public FilesTest {};

TEST_F(OpenSource, GeneratedScenes) {
  const Recording all = record("synth:discs?size=20x20&objects=1&radius=3&frames=5");
  EXPECT_EQ(all.frames.size(), 5u);
  EXPECT_EQ(all.info.frame_count, 5);
  const Recording part =
      record("synth:discs?size=20x20&objects=1&radius=3&frames=5", {.start_frame = 3, .frame_limit = 9, .fps = 10});
  ASSERT_EQ(part.frames.size(), 2u);
  EXPECT_EQ(part.frames[0].number, 3);
  EXPECT_EQ(part.frames[0].samples, all.frames[3].samples);
  EXPECT_EQ(part.info.fps, 10);
  EXPECT_THAT(refusal("synth:discs?size=20x20&objects=1&radius=3&frames=5", {.start_frame = 5}, Fault::usage),
              HasSubstr("start frame 5"));
  EXPECT_TRUE(record("synth:discs?frames=0").frames.empty());
}

TEST_F(OpenSource, WhatIsNotThereAndWhatMakesNoSense) {
  EXPECT_THAT(refusal(path("nothing.mp4")), HasSubstr("nothing.mp4: no such file or folder"));
  EXPECT_THAT(refusal(path("nothing.cine")), HasSubstr("no such file or folder"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(refusal("", {}), HasSubstr("no such file or folder"));
  EXPECT_THAT(refusal("synth:discs", {.start_frame = -1}, Fault::usage), HasSubstr("must not be negative"));
  EXPECT_THAT(refusal("synth:discs", {.fps = -2}, Fault::usage), HasSubstr("must not be negative"));
}

}  // namespace
}  // namespace flashcell::test
