#include <algorithm>

#include "host/app/bench/model.hpp"
#include "host/app/bench/scenes.hpp"
#include "host/device/device_factory.hpp"

namespace flashcell::app {
namespace {

using contract::Connectivity;

constexpr int kFrames = 4;
constexpr uint32_t kMaxObjects = 1u << 17;

template <class Inside>
Clip drawn_clip(const char* name, Inside inside) {
  Clip clip{name, PixelFormat::grey8, {}};
  cv::Mat& m = clip.frames.emplace_back(kBenchSide, kBenchSide, CV_8UC1);
  for (int y = 0; y < kBenchSide; ++y) {
    for (int x = 0; x < kBenchSide; ++x) m.at<uint8_t>(y, x) = inside(x, y) ? 200 : 20;
  }
  return clip;
}

std::vector<Clip> model_clips() {
  std::vector<Clip> clips;
  clips.push_back(scene_clip("100 discs", "synth:discs?objects=100&radius=8..12&size=512x512&seed=1", kFrames));
  clips.push_back(scene_clip("1024 discs", "synth:discs?objects=1024&radius=3..5&size=512x512&seed=1", kFrames));
  clips.push_back(noise_clip(0.05, kFrames));
  clips.push_back(noise_clip(0.5, kFrames));
  clips.push_back(drawn_clip("no foreground", [](int, int) { return false; }));
  clips.push_back(drawn_clip("all foreground", [](int, int) { return true; }));
  clips.push_back(drawn_clip("chessboard of pixels", [](int x, int y) { return (x + y) % 2 == 0; }));
  clips.push_back(drawn_clip("comb, joined below", [](int x, int y) { return x % 2 == 0 || y == kBenchSide - 1; }));
  clips.push_back(drawn_clip("isolated pixels", [](int x, int y) { return x % 2 == 0 && y % 2 == 0; }));
  clips.push_back(drawn_clip("isolated cells", [](int x, int y) { return x / 8 % 2 == 0 && y / 8 % 2 == 0; }));
  return clips;
}

ModelCase model_case(const Clip& clip, const char* mode, Connectivity connectivity) {
  host::DevicePlan plan = threshold_plan(clip, connectivity, contract::kFeatureHlac, kMaxObjects);
  plan.kind = host::DeviceKind::hls;
  const auto device = host::make_device(plan);
  ModelCase result;
  result.scene = clip.name;
  result.mode = mode;
  result.frames = static_cast<int>(clip.frames.size());
  result.pixels = int64_t{kBenchSide} * kBenchSide;
  ObjectTable table;
  const flashcell_emulation::Simulation simulation;
  for (int i = 0; i < result.frames; ++i) device->process(Frame(clip.view(i)), table);
  result.objects = table.summary.objects;
  result.report = simulation.report();
  return result;
}

}  // namespace

int64_t ModelCase::latency() const {
  int64_t last_read = 0;
  for (const auto& region : report.regions) {
    for (const auto& stage : region.stages) {
      const bool reads_others = std::any_of(report.fifos.begin(), report.fifos.end(), [&](const auto& fifo) {
        return fifo.reader == stage.name && !fifo.writer.empty();
      });
      if (!reads_others) last_read = std::max(last_read, stage.end);
    }
  }
  return report.cycles - last_read;
}

std::vector<ModelCase> bench_model() {
  std::vector<ModelCase> cases;
  const std::vector<Clip> clips = model_clips();
  for (const Clip& clip : clips) cases.push_back(model_case(clip, "cell", Connectivity::cell));
  for (const Clip& clip : clips) cases.push_back(model_case(clip, "exact", Connectivity::exact8));
  return cases;
}

}  // namespace flashcell::app
