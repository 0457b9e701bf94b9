// Which objects of a trial a recording is about, from made-up objects.
#include "host/segment/choice/subjects.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace flashcell::host {
namespace {

TrialObject object(float area, bool moves) {
  TrialObject o;
  o.area = area;
  o.contrast = 50;
  o.next = 0;
  o.continued = true;
  o.settled = !moves;
  o.moved = moves ? 3 : 0;
  return o;
}

/// In each of 40 frames `specks` things of 3 to 68 px, no size left out, that came to their places for a while, and two
/// of 100 px, which step or, resting after they came, do not.
std::vector<TrialFrame> trial_with(int specks, bool step) {
  std::vector<TrialFrame> trial(40);
  for (TrialFrame& frame : trial) {
    frame.followed = true;
    for (int i = 0; i < specks; ++i)
      frame.objects.push_back(object(3 * std::exp2(0.5F * static_cast<float>(i % 10)), false));
    for (int i = 0; i < 2; ++i) frame.objects.push_back(object(100, step));
  }
  return trial;
}

TEST(SteppingSizes, WhatComesAndGoesInItsPlaceBesideWhatStepsIsNone) {
  const SteppingSizes sizes(trial_with(80, true));
  EXPECT_TRUE(sizes.has(100));
  EXPECT_FALSE(sizes.has(3));
}

TEST(SteppingSizes, WhereNothingStepsAllCount) {
  const SteppingSizes sizes(trial_with(80, false));
  EXPECT_TRUE(sizes.has(100));
  EXPECT_TRUE(sizes.has(3));
}

TEST(Subjects, SpecksThatNeverStepSetNoLimit) {
  const Subjects subjects = find_subjects(trial_with(80, true), ExpectedCount());
  EXPECT_TRUE(subjects.move);
  EXPECT_EQ(subjects.median, 100);
  EXPECT_GT(subjects.min_area, 48);
}

TEST(Subjects, SmallOnesThatStepBesideLargeOnesAreKept) {
  std::vector<TrialFrame> trial = trial_with(0, true);
  for (TrialFrame& frame : trial) {
    for (int i = 0; i < 6; ++i) frame.objects.push_back(object(70, true));
  }
  EXPECT_LE(find_subjects(trial, ExpectedCount()).min_area, 70);
}

TEST(Subjects, ACountThatIsARangeIsNotMetByLeavingOutWhatMoves) {
  // In a tenth of the frames one comes in addition: without the small ones the count would be met in all.
  std::vector<TrialFrame> trial(40);
  for (size_t i = 0; i < trial.size(); ++i) {
    trial[i].followed = true;
    trial[i].objects = {object(200, true), object(50, true)};
    if (i % 10 == 0) trial[i].objects.push_back(object(50, true));
  }
  const Subjects subjects = find_subjects(trial, ExpectedCount(tracking::ObjectCount{0, 2}));
  EXPECT_LE(subjects.min_area, 50u);
  EXPECT_GE(subjects.max_area, 200u);
}

}  // namespace
}  // namespace flashcell::host
