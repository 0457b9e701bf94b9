// A frame of discs that cross and merge, from pixels to tracks, on one core: what it costs to divide the pixels of
// shared blobs. The scene is that of `flashcell bench`: 100 discs, half of them in shared blobs.
#include <benchmark/benchmark.h>

#include <vector>

#include "host/device/device_factory.hpp"
#include "host/synth/scene.hpp"
#include "tracking/tracker.hpp"

namespace {

using namespace flashcell;

constexpr int kFrames = 200;
constexpr double kFps = 2000;

void discs_to_tracks(benchmark::State& state, bool divide_pixels) {
  const host::Scene scene(host::parse_scene("synth:discs?objects=100&radius=8..12&size=512x512&seed=1"));
  const int side = scene.parameters().width;
  std::vector<std::vector<uint8_t>> frames(kFrames, std::vector<uint8_t>(static_cast<size_t>(side) * side));
  for (int i = 0; i < kFrames; ++i) scene.render(i, frames[i].data(), side);
  host::DevicePlan plan;
  plan.segment.method = host::SegmentMethod::threshold;
  plan.segment.threshold = 40;
  plan.format = PixelFormat::grey8;
  plan.label.width = plan.label.height = static_cast<uint32_t>(side);
  plan.keep_pixels = divide_pixels;
  const auto device = host::make_device(plan);
  tracking::Tracker tracker({}, kFps);
  ObjectTable table;
  table.reserve(plan.label);
  std::vector<tracking::Detection> detections;
  int64_t number = 0;
  uint32_t tracks = 0;
  for (auto _ : state) {
    // There and back, so that objects never jump.
    const int64_t phase = number % (2 * kFrames - 2), at = phase < kFrames ? phase : 2 * kFrames - 2 - phase;
    table.clear();
    device->process(Frame(FrameView{frames[at].data(), side, side, side, PixelFormat::grey8}), table);
    detections.clear();
    for (const contract::ObjectRecord& o : table.objects)
      detections.push_back(tracking::make_detection(o, nullptr, {}));
    tracking::BlobPixels* const pixels = divide_pixels ? table.pixels.get() : nullptr;
    for (const auto& row : tracker.update(number, static_cast<double>(number) / kFps, detections, {}, pixels))
      tracks = std::max(tracks, row.id);
    ++number;
  }
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["tracks"] = tracks;
}
BENCHMARK_CAPTURE(discs_to_tracks, divided, true)->Iterations(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(discs_to_tracks, not_divided, false)->Iterations(10000)->Unit(benchmark::kMicrosecond);

}  // namespace
