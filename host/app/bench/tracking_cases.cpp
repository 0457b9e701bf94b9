#include <fmt/format.h>

#include "host/app/bench/scenes.hpp"
#include "host/app/bench/timing.hpp"
#include "host/device/device_factory.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::app {
namespace {

constexpr int kClipFrames = 200;
constexpr double kFps = 2000;

/// Every feature measured, every cue in the cost. The tracker's input is computed beforehand.
BenchCase track_case(int objects, const std::string& spec, int frames) {
  const Clip clip = scene_clip(fmt::format("{} objects", objects), spec, kClipFrames);
  const uint8_t features = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
  const host::DevicePlan plan = threshold_plan(clip, contract::Connectivity::exact8, features, 4096);
  const auto device = host::make_device(plan);
  ObjectTable table;
  std::vector<std::vector<tracking::Detection>> detections(kClipFrames);
  size_t seen = 0;
  for (int i = 0; i < kClipFrames; ++i) {
    device->process(Frame(clip.view(i)), table);
    for (size_t k = 0; k < table.objects.size(); ++k) {
      detections[i].push_back(tracking::make_detection(table.objects[k], table.features_of(k), {features}));
    }
    seen += table.objects.size();
  }
  tracking::Tracker tracker({}, kFps);
  int64_t frame = 0;
  // There and back, so that objects never jump.
  BenchCase result = measure("tracker alone, shape + HLAC + hue, one thread", clip.name, frames, [&](int) {
    const int64_t phase = frame % (2 * kClipFrames - 2);
    tracker.update(frame, static_cast<double>(frame) / kFps,
                   detections[phase < kClipFrames ? phase : 2 * kClipFrames - 2 - phase]);
    ++frame;
  });
  result.note = fmt::format("{:.0f} detections a frame", static_cast<double>(seen) / kClipFrames);
  return result;
}

}  // namespace

std::vector<BenchCase> bench_tracking(const BenchOptions& options) {
  return {track_case(100, "synth:discs?objects=100&radius=8..12&size=512x512&seed=1&colour=on", options.frames),
          track_case(1000, "synth:discs?objects=1000&radius=4..8&size=1600x1600&seed=1&colour=on", options.frames)};
}

}  // namespace flashcell::app
