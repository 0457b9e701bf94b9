// Naming actions allocates nothing once as many tracks have been seen as come at a time. Counts every allocation of
// this program.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "host/actions/track_actions.hpp"
#include "tests/host/actions/random_action_model.hpp"

namespace {
std::atomic<int64_t> allocations{0};
}

void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace flashcell::host {
namespace {

constexpr double kFps = 200;
constexpr int64_t kLifetime = 600;  // frames

/// A hundred tracks at a time. Every sixth frame one ends and one of a number never seen begins, as in a recording that
/// goes on for days.
struct EndlessRun {
  std::vector<AssembledRow> rows;
  std::vector<tracking::ActionLook> looks;

  void show(int64_t frame) {
    rows.clear();
    looks.clear();
    const double t = static_cast<double>(frame) / kFps;
    for (int64_t i = 0; i < 100; ++i) {
      AssembledRow& row = rows.emplace_back();
      row.row.frame = frame;
      row.row.id = static_cast<uint32_t>(frame / (kLifetime / 100) + i);
      row.row.x = 100 + 30 * std::sin(row.row.id + 3 * t);
      row.row.y = 50 + 20 * std::cos(2 * t * static_cast<double>(i));
      row.row.state = i % 11 == 0 ? tracking::TrackState::merged : tracking::TrackState::visible;
      row.row.detection = static_cast<int32_t>(i);
      row.time_s = t;
      looks.push_back({200 + 40 * std::sin(9 * t), 20, 3 * std::cos(8 * t), 9, {}, 0, 0});
    }
  }
};

TEST(ActionAllocation, NothingAfterTheFirstTracks) {
  for (const bool live : {false, true}) {
    const auto namer = make_action_namer(test::random_action_model({true, false}, 4), kFps);
    namer->begin(live);
    EndlessRun run;
    std::vector<AssembledRow> ready;
    size_t named = 0;
    const auto play = [&](int64_t first, int64_t last) {
      for (int64_t frame = first; frame < last; ++frame) {
        run.show(frame);
        ready.clear();
        namer->take(run.rows, run.looks, ready);
        named += ready.size();
      }
    };
    play(0, 2 * kLifetime);
    const int64_t before = allocations;
    named = 0;
    play(2 * kLifetime, 4 * kLifetime);
    EXPECT_EQ(allocations - before, 0) << (live ? "live" : "offline");
    EXPECT_EQ(named, static_cast<size_t>(2 * kLifetime * 100));
  }
}

}  // namespace
}  // namespace flashcell::host
