// Time a frame of the tracker with every cue (position, shape, HLAC, hue), on one core. Objects move by a tenth of
// their size a frame on a loose grid, as at 2000 frames/s.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "tests/tracking/disc_scene.hpp"
#include "tests/tracking/touching_scene.hpp"
#include "tracking/tracker.hpp"

namespace {

using flashcell::tracking::Detection;

Detection make_object(int index, int frame, int per_row) {
  Detection d;
  const double phase = 0.7 * index;
  d.x = 20 + 24.0 * (index % per_row) + 5 * std::cos(phase + 0.1 * frame);
  d.y = 20 + 24.0 * (index / per_row) + 5 * std::sin(phase + 0.1 * frame);
  const double radius = 4 + index % 3;
  d.area = 3.14159 * radius * radius;
  d.box = {std::floor(d.x - radius), std::floor(d.y - radius), 2 * radius, 2 * radius};
  d.cov_xx = d.cov_yy = radius * radius / 4;
  d.has_shape = d.has_hlac = d.has_hue = true;
  for (size_t i = 0; i < d.hlac.size(); ++i) d.hlac[i] = 0.9f - 0.01f * static_cast<float>((i + index) % 7);
  d.hue[index % 16] = 0.75f;
  d.hue[(index + 1) % 16] = 0.25f;
  d.chromatic_fraction = 0.9f;
  return d;
}

void track_frame(benchmark::State& state) {
  const int objects = static_cast<int>(state.range(0));
  const int per_row = static_cast<int>(std::ceil(std::sqrt(objects)));
  constexpr int kFrames = 63;  // one turn: the loop closes
  std::vector<std::vector<Detection>> frames(kFrames);
  for (int frame = 0; frame < kFrames; ++frame) {
    for (int i = 0; i < objects; ++i) frames[frame].push_back(make_object(i, frame, per_row));
  }
  flashcell::tracking::Tracker tracker({}, 2000);
  int64_t number = 0;
  size_t rows = 0;
  for (auto _ : state) {
    rows = tracker.update(number, static_cast<double>(number) / 2000, frames[number % kFrames]).size();
    ++number;
  }
  if (number > 2 && rows != static_cast<size_t>(objects)) state.SkipWithError("objects were lost");
}

template <class Recording>
void track_recording(benchmark::State& state, const Recording& recording, int frames, bool pixels) {
  for (auto _ : state) {
    flashcell::tracking::Tracker tracker({}, 2000);
    for (const flashcell::test::Sight& sight : recording.sights) {
      flashcell::test::SeenPixels seen(sight);
      const double time = static_cast<double>(sight.frame) / 2000;
      benchmark::DoNotOptimize(tracker.update(sight.frame, time, sight.detections, {}, pixels ? &seen : nullptr));
    }
  }
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(frames * state.iterations()), benchmark::Counter::kIsRate);
}

/// Animals that seek each other's company, most of them in blobs; with their blobs' pixels, or without.
void track_touching_animals(benchmark::State& state) {
  flashcell::test::TouchingScene scene;
  scene.side = 512;
  scene.animals = static_cast<int>(state.range(0));
  scene.frames = 300;
  track_recording(state, record(scene), scene.frames, state.range(1) != 0);
}

/// Discs that cross each other's way; with their blobs' pixels, or without.
void track_crossing_discs(benchmark::State& state) {
  flashcell::test::DiscScene scene;
  scene.objects = static_cast<int>(state.range(0));
  scene.frames = 300;
  track_recording(state, record(scene), scene.frames, state.range(1) != 0);
}

BENCHMARK(track_crossing_discs)
    ->ArgNames({"discs", "pixels"})
    ->ArgsProduct({{100, 200}, {0, 1}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(track_touching_animals)
    ->ArgNames({"animals", "pixels"})
    ->ArgsProduct({{20, 50}, {0, 1}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(track_frame)->Arg(10)->Arg(100)->Arg(200)->Arg(500)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
