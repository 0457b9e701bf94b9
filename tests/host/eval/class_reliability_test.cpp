#include "host/eval/class_reliability.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "host/eval/track_csv.hpp"

namespace flashcell::host {
namespace {

const char* const kTruth =
    "# first_frame: 0\n"
    "frame,id,left,top,width,height,class\n"
    "0,1,10,10,10,10,red\n0,2,50,50,10,10,blue\n1,1,11,10,10,10,red\n1,2,51,50,10,10,blue\n";

std::optional<Reliability> reliability_of(const std::string& tracks, int64_t frames = 2) {
  return class_reliability(parse_track_csv(kTruth, "truth.csv", {}), parse_track_csv(tracks, "tracks.csv", {}), frames);
}

TEST(ClassReliability, CountsNamedRowsThatLieOnAnObject) {
  const std::string tracks =
      "# first_frame: 0\n"
      "frame,id,left,top,width,height,class,class_confidence\n"
      "0,7,10,10,10,10,red,0.8\n"
      "0,8,51,50,10,10,red,0.6\n"
      "1,7,11,10,10,10,unknown,0\n"
      "1,8,80,80,10,10,blue,1\n"
      "1,9,51,50,10,10,blue,0.9\n";
  const auto all = reliability_of(tracks);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->weight(), 3);
  EXPECT_NEAR(all->share_right(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(all->error(), (0.2 + 0.6 + 0.1) / 3, 1e-12);
  EXPECT_EQ(all->most_wrong(), 0.6);
  const auto first = reliability_of(tracks, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->weight(), 2);
}

TEST(ClassReliability, NeedsClassesOnBothSides) {
  EXPECT_FALSE(reliability_of("# first_frame: 0\nframe,id,left,top,width,height\n0,7,10,10,10,10\n"));
  EXPECT_FALSE(reliability_of("# first_frame: 0\nframe,id,left,top,width,height,class\n0,7,10,10,10,10,unknown\n"));
  EXPECT_THROW(reliability_of("frame,id,left,top,width,height,class,class_confidence\n1,7,10,10,10,10,red,2\n"), Error);
}

}  // namespace
}  // namespace flashcell::host
