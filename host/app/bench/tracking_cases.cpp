#include <fmt/format.h>

#include <cmath>
#include <random>

#include "host/app/bench/scenes.hpp"
#include "host/app/bench/timing.hpp"
#include "host/device/device_factory.hpp"
#include "tracking/box_tracker.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::app {
namespace {

constexpr int kTrackedFrames = 200;
constexpr double kTrackedFps = 2000;

/// Every feature measured, every cue in the cost, blobs divided by their pixels. The tracker's input is computed
/// beforehand.
BenchCase track_case(int objects, const std::string& spec, int frames) {
  const Clip clip = scene_clip(fmt::format("{} objects", objects), spec, kTrackedFrames);
  const uint8_t features = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
  host::DevicePlan plan = threshold_plan(clip, contract::Connectivity::exact8, features, 4096);
  plan.keep_pixels = true;
  const auto device = host::make_device(plan);
  std::vector<ObjectTable> tables(kTrackedFrames);
  std::vector<std::vector<tracking::Detection>> detections(kTrackedFrames);
  size_t seen = 0;
  for (int i = 0; i < kTrackedFrames; ++i) {
    ObjectTable& table = tables[i];
    device->process(Frame(clip.view(i)), table);
    for (size_t k = 0; k < table.objects.size(); ++k) {
      detections[i].push_back(tracking::make_detection(table.objects[k], table.features_of(k), {features}));
    }
    seen += table.objects.size();
  }
  tracking::Tracker tracker({}, kTrackedFps);
  int64_t frame = 0;
  // There and back, so that objects never jump.
  BenchCase result = measure("tracker alone, shape + HLAC + hue, one thread", clip.name, frames, [&](int) {
    const int64_t phase = frame % (2 * kTrackedFrames - 2),
                  at = phase < kTrackedFrames ? phase : 2 * kTrackedFrames - 2 - phase;
    tracker.update(frame, static_cast<double>(frame) / kTrackedFps, detections[at], {}, tables[at].pixels.get());
    ++frame;
  });
  result.note = fmt::format("{:.0f} detections a frame", static_cast<double>(seen) / kTrackedFrames);
  return result;
}

/// A detector's boxes of people who walk to and fro, a row behind the other.
BenchCase box_case(int boxes, int frames) {
  constexpr double kVideoFps = 30;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 2);
  std::vector<std::vector<tracking::Detection>> detections(kTrackedFrames);
  const int per_row = static_cast<int>(std::ceil(std::sqrt(boxes)));
  for (int i = 0; i < kTrackedFrames; ++i) {
    for (int k = 0; k < boxes; ++k) {
      if (random() % 10 == 0) continue;  // missed
      tracking::Detection d;
      d.x = 60.0 * (k % per_row) + (k % 2 == 0 ? i : kTrackedFrames - i) + noise(random);
      d.y = 70.0 * (k / per_row) + noise(random);
      d.box = {d.x - 20, d.y - 50, 40, 100};
      d.area = d.box.area();
      detections[i].push_back(d);
    }
  }
  tracking::BoxTracker tracker({}, kVideoFps);
  int64_t frame = 0;
  BenchCase result =
      measure("tracker of a detector's boxes, one thread", fmt::format("{} boxes", boxes), frames, [&](int) {
        const int64_t phase = frame % (2 * kTrackedFrames - 2);
        tracker.update(frame, static_cast<double>(frame) / kVideoFps,
                       detections[phase < kTrackedFrames ? phase : 2 * kTrackedFrames - 2 - phase]);
        ++frame;
      });
  result.note = "one in ten missed";
  return result;
}

}  // namespace

std::vector<BenchCase> bench_tracking(const BenchOptions& options) {
  return {track_case(100, "synth:discs?objects=100&radius=8..12&size=512x512&seed=1&colour=on", options.frames),
          track_case(1000, "synth:discs?objects=1000&radius=4..8&size=1600x1600&seed=1&colour=on", options.frames),
          box_case(100, options.frames), box_case(1000, options.frames)};
}

}  // namespace flashcell::app
