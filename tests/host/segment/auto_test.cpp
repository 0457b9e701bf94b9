#include "host/segment/auto_segment.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.hpp"
#include "host/label/labeller.hpp"
#include "host/segment/choice/candidates.hpp"
#include "host/segment/choice/expected_count.hpp"
#include "host/segment/choice/subjects.hpp"
#include "tests/host/segment/support.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;

AutoSegment proposal(const std::vector<OwnedFrame>& frames, const SegmentQuestion& question = {}) {
  std::vector<FrameView> views;
  for (const OwnedFrame& frame : frames) views.push_back(frame.view());
  std::vector<int64_t> numbers(frames.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  return auto_segment_parameters(views, numbers, question);
}

/// A disc and where it is in each frame.
struct Disc {
  double radius;
  int level;
  std::function<std::array<double, 2>(int frame)> place;
};

constexpr int kWidth = 200, kHeight = 130;

template <class Scene>
std::vector<OwnedFrame> draw(Scene scene, const std::vector<Disc>& discs, int count = 30) {
  std::vector<OwnedFrame> frames;
  std::mt19937 random(6);
  for (int number = 0; number < count; ++number) {
    OwnedFrame& frame = frames.emplace_back(kWidth, kHeight, PixelFormat::grey8);
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        int level = scene(x, y);
        for (const Disc& disc : discs) {
          const auto place = disc.place(number);
          if (std::hypot(x - place[0], y - place[1]) <= disc.radius) level = disc.level;
        }
        frame.set_grey(x, y, level + static_cast<int>(random() % 3));
      }
    }
  }
  return frames;
}

Disc crossing(double radius, int level, double y, double speed = 5) {
  return {radius, level, [=](int frame) { return std::array{15 + speed * frame, y}; }};
}

/// Objects that a proposal makes of each frame.
std::vector<ObjectTable> objects_of(const AutoSegment& proposal, const std::vector<OwnedFrame>& frames) {
  const auto segmenter = make_segmenter(proposal.parameters, kWidth, kHeight, PixelFormat::grey8);
  contract::LabelParameters label;
  label.width = kWidth;
  label.height = kHeight;
  label.connectivity = proposal.connectivity;
  label.min_area = proposal.min_area;
  label.max_area = proposal.max_area;
  const auto labeller = make_fast_labeller(label);
  std::vector<ObjectTable> tables;
  for (const OwnedFrame& frame : frames) {
    ObjectTable& table = tables.emplace_back();
    table.reserve(label);
    labeller->label(test::segment(*segmenter, frame.view()), frame.view(), 0, table);
  }
  return tables;
}

/// Every disc is an object in nine of ten frames, and nothing else is.
void expect_found(const AutoSegment& proposal, const std::vector<OwnedFrame>& frames, const std::vector<Disc>& discs) {
  const std::vector<ObjectTable> tables = objects_of(proposal, frames);
  size_t found = 0, objects = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    objects += tables[i].objects.size();
    for (const Disc& disc : discs) {
      const auto place = disc.place(static_cast<int>(i));
      for (const contract::ObjectRecord& o : tables[i].objects) {
        const double x = static_cast<double>(o.m10) / o.m00, y = static_cast<double>(o.m01) / o.m00;
        found += std::hypot(x - place[0], y - place[1]) < 2 ? 1 : 0;
      }
    }
  }
  const size_t wanted = discs.size() * frames.size();
  std::string tried;
  for (size_t i = 0; i < std::min<size_t>(6, proposal.tried.size()); ++i) {
    const SegmentMerits& m = proposal.tried[i];
    tried += fmt::format("\n{}: {:.3f}, followed {:.2f}, steady {:.2f}, motion {:.2f}, subjects {:.2f}, {:.2f} a frame",
                         m.name, m.score, m.followed, m.steady, m.motion, m.subjects, m.objects);
  }
  EXPECT_GE(found * 10, wanted * 9) << proposal.reason << tried;
  EXPECT_LE(objects, wanted + wanted / 10) << proposal.reason;
}

TEST(AutoSegment, FindsOneObjectOnAnyScene) {
  const auto slope = [](int x, int) { return 30 + x / 8; };
  const auto bright = [](int, int y) { return 150 + y / 4; };
  const auto chessboard = [](int x, int y) { return (x / 20 + y / 20) % 2 != 0 ? 200 : 40; };
  const Disc light = crossing(5, 180, 60), dark = crossing(5, 60, 60), between = crossing(5, 120, 60);
  expect_found(proposal(draw(slope, {light})), draw(slope, {light}), {light});
  expect_found(proposal(draw(bright, {dark})), draw(bright, {dark}), {dark});
  expect_found(proposal(draw(chessboard, {between})), draw(chessboard, {between}), {between});
}

TEST(AutoSegment, NamesTheRunnerUpAndByHowMuchItWon) {
  const AutoSegment result = proposal(draw([](int, int) { return 60; }, {crossing(5, 180, 60)}));
  EXPECT_THAT(result.reason, testing::HasSubstr("; next best "));
  ASSERT_GE(result.tried.size(), 10u);
  for (size_t i = 1; i < result.tried.size(); ++i) EXPECT_LE(result.tried[i].score, result.tried[i - 1].score);
  EXPECT_THAT(result.reason, testing::StartsWith(result.tried[0].name + ": "));
}

TEST(AutoSegment, WhatRestsIsFoundWhereNothingMoves) {
  const Disc resting{7, 190, [](int) { return std::array{60.0, 70.0}; }};
  const auto even = [](int, int) { return 50; };
  expect_found(proposal(draw(even, {resting})), draw(even, {resting}), {resting});
  expect_found(proposal(draw(even, {resting}, 1)), draw(even, {resting}, 1), {resting});
}

TEST(AutoSegment, OutsideOfTheRegionsNothingDecides) {
  const Disc wanted = crossing(5, 120, 30), other = crossing(16, 250, 95);
  const auto even = [](int, int) { return 60; };
  SegmentQuestion question;
  question.regions = {{true, {{0, 0}, {kWidth, 0}, {kWidth, 60}, {0, 60}}}};
  const std::vector<OwnedFrame> frames = draw(even, {wanted, other});
  const AutoSegment result = proposal(frames, question);
  expect_found(result, frames, {wanted});
  EXPECT_EQ(result.parameters.regions.size(), 1u);
}

TEST(AutoSegment, ACountSaysWhichOfTheThingsThatMoveAreMeant) {
  std::vector<Disc> large, all;
  for (int i = 0; i < 2; ++i) large.push_back(crossing(11, 180, 30 + 70 * i, 4));
  all = large;
  for (int i = 0; i < 5; ++i) all.push_back(crossing(3, 180, 52 + 6.5 * i + (i % 2) * 2, 5.0 - 0.5 * i));
  const auto even = [](int, int) { return 60; };
  const std::vector<OwnedFrame> frames = draw(even, all);
  SegmentQuestion question;
  question.count = {2, 2};
  expect_found(proposal(frames, question), frames, large);
}

TEST(AutoSegment, ACountIsMetByAnimalsThatFallIntoPieces) {
  // Each piece is as large as the other animal.
  std::vector<Disc> all = {crossing(4, 180, 30)};
  for (const auto& [x, y] : {std::array{-11.0, 0.0}, {0.0, 0.0}, {11.0, 0.0}, {0.0, -11.0}, {0.0, 11.0}})
    all.push_back({4, 180, [x = x, y = y](int) { return std::array{140 + x, 90 + y}; }});
  const std::vector<OwnedFrame> frames = draw([](int, int) { return 60; }, all);
  SegmentQuestion question;
  question.count = {2, 2};
  const AutoSegment result = proposal(frames, question);
  EXPECT_EQ(result.connectivity, contract::Connectivity::cell) << result.reason;
  expect_found(result, frames, {all[0], all[2]});
  question.connectivity = contract::Connectivity::exact8;
  EXPECT_EQ(proposal(frames, question).connectivity, contract::Connectivity::exact8);
}

TEST(AutoSegment, SceneryThatTheEdgeCutsDoesNotMeetACount) {
  // Two posts are there always; beside the animals there is a speck now and then.
  const auto object = [](float area, bool at_edge, bool fixed) {
    TrialObject o;
    o.area = area;
    o.at_edge = at_edge;
    o.fixed = fixed;
    return o;
  };
  std::vector<TrialFrame> trial(10);
  for (size_t i = 0; i < trial.size(); ++i) {
    trial[i].objects = {object(6000, true, true), object(6100, true, true), object(1600, false, true),
                        object(100, false, false)};
    if (i < 2) trial[i].objects.push_back(object(110, false, false));
  }
  const Subjects subjects = find_subjects(trial, ExpectedCount(tracking::ObjectCount{2, 2}));
  EXPECT_LE(subjects.min_area, 100u);
  EXPECT_GE(subjects.max_area, 1600u);
  EXPECT_LT(subjects.max_area, 6000u);
}

TEST(AutoSegment, WhatPassesDoesNotOutweighACount) {
  const Disc resting{5, 180, [](int) { return std::array{150.0, 100.0}; }}, walking = crossing(5, 180, 30, 3);
  const Disc hand{28, 110, [](int frame) { return std::array{-60.0 + 45 * frame, 85.0}; }};
  const std::vector<OwnedFrame> frames = draw([](int, int) { return 60; }, {hand, resting, walking});
  SegmentQuestion question;
  question.count = {2, 2};
  expect_found(proposal(frames, question), frames, {resting, walking});
}

TEST(AutoSegment, MotionEndsWhereAnObjectEndsToAPixel) {
  // Soft edges: at the level that tells motion they are larger than at a threshold midway.
  std::vector<OwnedFrame> frames = draw([](int, int) { return 160; }, {});
  for (int number = 0; number < static_cast<int>(frames.size()); ++number) {
    for (const double y : {30.0, 60.0, 95.0}) {
      for (int v = 0; v < kHeight; ++v) {
        for (int u = 0; u < kWidth; ++u) {
          const double inside = std::clamp((5.5 - std::hypot(u - 15 - 5 * number, v - y)) / 3, 0.0, 1.0);
          if (inside > 0) frames[number].set_grey(u, v, static_cast<int>(160 - 100 * inside));
        }
      }
    }
  }
  int thresholds = 0;
  for (const SegmentMerits& m : proposal(frames).tried) {
    if (!m.name.starts_with("threshold") || std::abs(m.objects - 3) > 0.2) continue;
    ++thresholds;
    EXPECT_GT(m.motion, 0.9) << m.name;
  }
  EXPECT_GT(thresholds, 0);
}

TEST(AutoSegment, OneOfManyIsMissedByLittle) {
  EXPECT_EQ(nearness({2, 5}, 2), 1);
  EXPECT_EQ(nearness({2, 5}, 5), 1);
  EXPECT_LT(nearness({2, 2}, 1), 0.5);
  EXPECT_LT(nearness({2, 2}, 3), 0.5);
  EXPECT_GT(nearness({30, 30}, 29), 0.8);
  EXPECT_GT(nearness({30, 30}, 29), nearness({30, 30}, 28));
  EXPECT_LT(nearness({0, 1}, 4), nearness({0, 1}, 2));
}

TEST(AutoSegment, AreaLimitsThatAreGivenHold) {
  const Disc small = crossing(4, 180, 30, 4), large = crossing(12, 180, 90, 4);
  const std::vector<OwnedFrame> frames = draw([](int, int) { return 60; }, {small, large});
  SegmentQuestion question;
  question.max_area = 150;
  AutoSegment result = proposal(frames, question);
  result.max_area = std::min(result.max_area, question.max_area);
  expect_found(result, frames, {small});
}

TEST(AutoSegment, TheSameFramesGiveTheSame) {
  const std::vector<OwnedFrame> frames = draw([](int x, int) { return 60 + x / 5; }, {crossing(5, 180, 60)});
  const AutoSegment a = proposal(frames), b = proposal(frames);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.min_area, b.min_area);
  EXPECT_EQ(a.max_area, b.max_area);
}

TEST(AutoSegment, OfALiveSourceNoBackgroundIsKnownBeforehand) {
  SegmentQuestion question;
  question.live = true;
  const AutoSegment result = proposal(
      draw([](int x, int y) { return (x / 20 + y / 20) % 2 != 0 ? 200 : 40; }, {crossing(5, 120, 60)}), question);
  EXPECT_NE(result.parameters.method, SegmentMethod::median);
  EXPECT_EQ(result.parameters.scene, nullptr);
}

TEST(AutoSegment, EveryProposalIsAccepted) {
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8, PixelFormat::bgr8}) {
    for (const int size : {1, 2, 5, 40}) {
      for (const uint32_t frames : {1u, 2u, 4u, 48u}) {
        std::vector<OwnedFrame> noise;
        for (uint32_t i = 0; i < frames; ++i) noise.push_back(test::random_frame(size, size, format, i));
        const AutoSegment result = proposal(noise);
        EXPECT_NO_THROW(make_segmenter(result.parameters, size, size, format)) << result.reason;
        EXPECT_LE(result.min_area, result.max_area);
      }
    }
  }
}

TEST(AutoSegment, ThresholdsAreGreyLevelsOfTheRecording) {
  // Hardly anything bright moves: no threshold is better than another, beyond the brightest pixel either.
  SceneGrey grey;
  grey.first = 60;
  for (int bin = 0; bin <= 80; ++bin) grey.all[bin] = 1000;
  grey.still.fill(0.01);
  grey.bright_pixels = 10;
  grey.bright_contrast = 100;
  for (int bin = 1; bin <= 80; ++bin) grey.bright_explained[bin] = 1;
  for (const SegmentCandidate& c : threshold_candidates(grey, {})) {
    EXPECT_GE(c.parameters.threshold, 60) << c.name;
    EXPECT_LE(c.parameters.threshold, 140) << c.name;
  }
}

TEST(AutoSegment, NoFrameIsAnError) {
  EXPECT_THROW(auto_segment_parameters({}, {}), Error);
}

TEST(AutoSegment, SampledFramesAreSpreadOverTheWholeRecording) {
  for (const int64_t frames : {0, 1, 47, 48, 49, 50, 97, 2000, 123456}) {
    const std::vector<int64_t> numbers = sampled_frames(frames);
    EXPECT_EQ(static_cast<int64_t>(numbers.size()), std::min<int64_t>(frames, kSampledFrames));
    for (size_t i = 1; i < numbers.size(); ++i) EXPECT_GT(numbers[i], numbers[i - 1]) << frames;
    if (frames == 0) continue;
    EXPECT_EQ(numbers.front(), 0);
    EXPECT_EQ(numbers.back(), frames - 1);
    for (size_t i = 0; frames > kSampledFrames && i < numbers.size(); i += kSampledInARow)
      EXPECT_EQ(numbers[i + kSampledInARow - 1], numbers[i] + kSampledInARow - 1);
  }
}

}  // namespace
}  // namespace flashcell::host
