// The tracker's hot path allocates nothing once it has warmed up. Counts every allocation of this program.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "tests/tracking/touching_scene.hpp"
#include "tracking/box_tracker.hpp"
#include "tracking/tracker.hpp"

namespace {
std::atomic<int64_t> allocations{0};
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace flashcell::tracking {
namespace {

Detection disc(double x, double y, double radius) {
  Detection d;
  d.x = x;
  d.y = y;
  d.box = {x - radius, y - radius, 2 * radius, 2 * radius};
  d.area = 3.14159 * radius * radius;
  d.cov_xx = d.cov_yy = radius * radius / 4;
  d.has_shape = true;
  return d;
}

constexpr int kPeriod = 40;

/// A hundred objects that go round, some lost and found again, and noise that starts tracks and ends them.
std::vector<std::vector<Detection>> round_of_frames() {
  std::vector<std::vector<Detection>> frames(kPeriod);
  for (int frame = 0; frame < kPeriod; ++frame) {
    for (int i = 0; i < 100; ++i) {
      const bool hidden = i % 10 == 0 && frame % 20 < 5;
      const double angle = 6.283185307179586 * frame / kPeriod + i;
      if (!hidden)
        frames[frame].push_back(
            disc(20 + 30 * (i % 10) + 4 * std::cos(angle), 20 + 30 * (i / 10) + 4 * std::sin(angle), 6));
    }
    frames[frame].push_back(disc(400 + frame % 2 * 50, 400, 3));
  }
  return frames;
}

int64_t allocations_later(FrameTracker& tracker, double fps) {
  const auto frames = round_of_frames();
  const auto run = [&](int first, int last) {
    for (int frame = first; frame < last; ++frame)
      tracker.update(frame, frame / fps, frames[frame % kPeriod], {}, nullptr);
  };
  run(0, 1000);
  const int64_t before = allocations;
  run(1000, 1400);
  return allocations - before;
}

TEST(TrackerAllocation, NothingAfterTheFirstFrames) {
  Tracker tracker({}, 2000);
  EXPECT_EQ(allocations_later(tracker, 2000), 0);
}

TEST(TrackerAllocation, NothingWhereBlobsAreDividedByTheirPixels) {
  test::TouchingScene scene;
  scene.animals = 8;
  scene.frames = 200;
  const test::TouchingRecording recording = test::record(scene);
  Tracker tracker({}, 2000);
  int64_t frame = 0;
  const auto replay = [&] {
    for (const test::Sight& sight : recording.sights) {
      test::SeenPixels pixels(sight);
      ++frame;
      tracker.update(frame, static_cast<double>(frame) / 2000, sight.detections, {}, &pixels);
    }
  };
  for (int round = 0; round < 30; ++round) replay();
  const int64_t before = allocations;
  replay();
  EXPECT_EQ(allocations - before, 0);
}

TEST(TrackerAllocation, NothingAfterTheFirstFramesOfBoxes) {
  for (const double smooth_ms : {0.0, 700.0}) {
    BoxTrackerParameters parameters;
    parameters.smooth_ms = smooth_ms;
    BoxTracker tracker(parameters, 60);
    EXPECT_EQ(allocations_later(tracker, 60), 0) << smooth_ms;
  }
}

}  // namespace
}  // namespace flashcell::tracking
