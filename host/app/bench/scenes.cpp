#include "host/app/bench/scenes.hpp"

#include <fmt/format.h>

#include "host/synth/scene.hpp"

namespace flashcell::app {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t next_random(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

FrameView Clip::view(int i) const {
  const cv::Mat& m = mat(i);
  return {m.data, m.cols, m.rows, static_cast<ptrdiff_t>(m.step), format};
}

Clip scene_clip(const std::string& name, const std::string& spec, int frames) {
  const host::Scene scene(host::parse_scene(spec));
  Clip clip{name, scene.format(), {}};
  const int type = is_colour(scene.format()) ? CV_8UC3 : CV_8UC1;
  for (int i = 0; i < frames; ++i) {
    cv::Mat& m = clip.frames.emplace_back(scene.parameters().height, scene.parameters().width, type);
    scene.render(i, m.data, static_cast<ptrdiff_t>(m.step));
  }
  return clip;
}

host::DevicePlan threshold_plan(const Clip& clip, contract::Connectivity connectivity, uint8_t features,
                                uint32_t max_objects) {
  host::DevicePlan plan;
  plan.segment.method = host::SegmentMethod::threshold;
  plan.segment.threshold = kBenchThreshold;
  plan.format = clip.format;
  plan.label.width = static_cast<uint32_t>(clip.frames[0].cols);
  plan.label.height = static_cast<uint32_t>(clip.frames[0].rows);
  plan.label.connectivity = connectivity;
  plan.label.features = features;
  plan.label.max_objects = max_objects;
  return plan;
}

Clip noise_clip(double density, int frames) {
  Clip clip{fmt::format("noise {:g} %", 100 * density), PixelFormat::grey8, {}};
  uint64_t state = 1;
  const uint64_t limit = static_cast<uint64_t>(density * 4294967296.0);
  for (int i = 0; i < frames; ++i) {
    cv::Mat& m = clip.frames.emplace_back(kBenchSide, kBenchSide, CV_8UC1);
    for (int p = 0; p < kBenchSide * kBenchSide; ++p) m.data[p] = (next_random(state) >> 32) < limit ? 200 : 20;
  }
  return clip;
}

}  // namespace flashcell::app
