#include <fmt/format.h>
#include <oneapi/tbb/info.h>

#include <algorithm>

#include "base/error.hpp"
#include "host/app/bench/scenes.hpp"
#include "host/app/bench/timing.hpp"
#include "host/device/device_factory.hpp"
#include "pipeline/pipeline.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::app {
namespace {

/// A clip in memory, there and back, so that objects never jump.
class ClipSource : public FrameSource {
 public:
  ClipSource(const Clip& clip, int64_t frames, double fps) : clip_(clip), frames_(frames) {
    info_.name = clip.name;
    info_.width = info_.height = kBenchSide;
    info_.format = clip.format;
    info_.fps = fps;
    info_.frame_count = frames;
  }
  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override {
    if (number_ >= frames_) return false;
    const int64_t length = static_cast<int64_t>(clip_.frames.size()), phase = number_ % (2 * length - 2);
    frame.view = clip_.view(static_cast<int>(phase < length ? phase : 2 * length - 2 - phase));
    frame.number = number_++;
    return true;
  }

 private:
  const Clip& clip_;
  SourceInfo info_;
  int64_t frames_, number_ = 0;
};

constexpr double kFps = 2000;

BenchCase whole(const Clip& clip, const std::string& what, contract::Connectivity connectivity, uint8_t features,
                int threads, int frames, bool divide_pixels = true) {
  host::DevicePlan plan = threshold_plan(clip, connectivity, features, contract::kDefaultMaxObjects);
  plan.keep_pixels = divide_pixels;
  ClipSource source(clip, frames, kFps);
  tracking::Tracker tracker({}, kFps);
  RunInfo info;
  info.source = source.info();
  info.fps = kFps;
  info.features = features;
  PipelineOptions options;
  options.threads = threads;
  options.fps = kFps;
  options.measure.features = features;
  RunSummary summary;
  if (const auto error = run_pipeline(
          source, [&] { return host::make_device(plan); }, tracker, {}, info, options, summary)) {
    std::rethrow_exception(error);
  }
  BenchCase result;
  result.group = "frames in memory to tracks, the whole pipeline";
  result.name = fmt::format("{}, {}, {} thread{}", clip.name, what, threads, threads == 1 ? "" : "s");
  result.time = summary.stages.back().latency;
  result.frames_per_s = summary.frames_per_s();
  result.note = fmt::format("{:.0f} objects a frame, {} tracks", summary.objects_mean(), summary.tracks);
  return result;
}

}  // namespace

std::vector<BenchCase> bench_pipeline(const BenchOptions& options) {
  using contract::Connectivity;
  const Clip grey = scene_clip("100 discs", "synth:discs?objects=100&radius=8..12&size=512x512&seed=1", 200);
  const Clip colour =
      scene_clip("100 discs, colour", "synth:discs?objects=100&radius=8..12&size=512x512&seed=1&colour=on", 200);
  constexpr uint8_t kAll = contract::kFeatureHlac | contract::kFeatureHue;
  const int most = options.threads > 0 ? options.threads : tbb::info::default_concurrency();
  const int frames = 20 * options.frames;
  std::vector<BenchCase> cases;
  for (int threads = 1; threads <= most; ++threads) {
    cases.push_back(whole(grey, "exact, moments", Connectivity::exact8, 0, threads, frames));
    cases.push_back(whole(grey, "exact, moments, pixels not divided", Connectivity::exact8, 0, threads, frames, false));
    cases.push_back(whole(grey, "cell, moments, HLAC", Connectivity::cell, contract::kFeatureHlac, threads, frames));
    cases.push_back(whole(grey, "exact, moments, HLAC", Connectivity::exact8, contract::kFeatureHlac, threads, frames));
    cases.push_back(whole(colour, "cell, moments, HLAC, hue", Connectivity::cell, kAll, threads, frames));
    cases.push_back(whole(colour, "exact, moments, HLAC, hue", Connectivity::exact8, kAll, threads, frames));
  }
  return cases;
}

}  // namespace flashcell::app
