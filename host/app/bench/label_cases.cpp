#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

#include "host/app/bench/scenes.hpp"
#include "host/app/bench/timing.hpp"
#include "host/device/device_factory.hpp"

namespace flashcell::app {
namespace {

constexpr int kClipFrames = 32;

/// What OpenCV does for the same frame: threshold, labels, area, box, centroid (no second moments, no HLAC, no hue).
PeerWork opencv(const Clip& clip, const char* name, int algorithm) {
  struct Buffers {
    cv::Mat grey, mask, labels, stats, centroids;
  };
  auto b = std::make_shared<Buffers>();
  return {name, [&clip, b, algorithm](int i) {
            const cv::Mat* grey = &clip.mat(i);
            if (is_colour(clip.format)) {
              cv::cvtColor(clip.mat(i), b->grey, cv::COLOR_BGR2GRAY);
              grey = &b->grey;
            }
            cv::threshold(*grey, b->mask, kBenchThreshold - 1, 255, cv::THRESH_BINARY);
            cv::connectedComponentsWithStats(b->mask, b->labels, b->stats, b->centroids, 8, CV_32S, algorithm);
          }};
}

BenchCase label_case(const Clip& clip, const std::string& what, contract::Connectivity connectivity, uint8_t features,
                     int frames, bool peers) {
  const auto device = host::make_device(threshold_plan(clip, connectivity, features, 1 << 16));
  ObjectTable table;
  std::vector<PeerWork> others;
  if (peers) {
    others = {opencv(clip, "OpenCV default", cv::CCL_DEFAULT), opencv(clip, "OpenCV BBDT", cv::CCL_BBDT),
              opencv(clip, "OpenCV SAUF", cv::CCL_SAUF), opencv(clip, "OpenCV Spaghetti", cv::CCL_SPAGHETTI)};
  }
  uint64_t objects = 0;
  BenchCase result = measure(
      "threshold and label, one thread", clip.name + ", " + what, frames,
      [&](int i) {
        device->process(Frame(clip.view(i)), table);
        objects += table.summary.objects;
      },
      others);
  result.note = fmt::format("{} objects", table.summary.objects);
  return result;
}

}  // namespace

std::vector<BenchCase> bench_labelling(const BenchOptions& options) {
  using contract::Connectivity;
  const Clip discs = scene_clip("100 discs", "synth:discs?objects=100&radius=8..12&size=512x512&seed=1", kClipFrames);
  const Clip many = scene_clip("1024 discs", "synth:discs?objects=1024&radius=3..5&size=512x512&seed=1", kClipFrames);
  const Clip sparse = noise_clip(0.05, kClipFrames), dense = noise_clip(0.5, kClipFrames);
  const Clip colour = scene_clip("100 discs, colour",
                                 "synth:discs?objects=100&radius=8..12&size=512x512&seed=1&colour=on", kClipFrames);
  constexpr uint8_t kHlac = contract::kFeatureHlac;
  std::vector<BenchCase> cases;
  for (const Clip* clip : {&discs, &many, &sparse, &dense}) {
    cases.push_back(label_case(*clip, "exact, moments", Connectivity::exact8, 0, options.frames, true));
  }
  cases.push_back(label_case(discs, "exact, moments, HLAC", Connectivity::exact8, kHlac, options.frames, false));
  for (const Clip* clip : {&discs, &many, &sparse, &dense}) {
    cases.push_back(label_case(*clip, "cell, moments, HLAC", Connectivity::cell, kHlac, options.frames, false));
  }
  cases.push_back(label_case(colour, "cell, moments, HLAC, hue", Connectivity::cell, kHlac | contract::kFeatureHue,
                             options.frames, false));
  return cases;
}

std::vector<BenchCase> bench_segmentation(const BenchOptions& options) {
  const Clip discs =
      scene_clip("100 discs", "synth:discs?objects=100&radius=8..12&size=512x512&seed=1&noise=3", kClipFrames);
  const std::string group = "segmentation alone, 100 discs, one thread";
  std::vector<BenchCase> cases;
  const auto add = [&](const char* name, host::SegmentParameters p, const std::vector<PeerWork>& peers) {
    const auto segmenter = host::make_segmenter(p, kBenchSide, kBenchSide, PixelFormat::grey8);
    host::BitImage mask(kBenchSide, kBenchSide);
    cases.push_back(measure(
        group, name, options.frames, [&](int i) { segmenter->segment(discs.view(i), &mask); }, peers));
  };
  auto mask = std::make_shared<cv::Mat>();
  host::SegmentParameters p;
  p.method = host::SegmentMethod::threshold;
  p.threshold = kBenchThreshold;
  add("fixed threshold", p, {{"OpenCV threshold", [&, mask](int i) {
                                cv::threshold(discs.mat(i), *mask, kBenchThreshold - 1, 255, cv::THRESH_BINARY);
                              }}});
  p.method = host::SegmentMethod::otsu;
  add("Otsu", p, {{"OpenCV Otsu", [&, mask](int i) {
                     cv::threshold(discs.mat(i), *mask, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
                   }}});
  p.method = host::SegmentMethod::adaptive;
  add("local adaptive, window 31", p, {{"OpenCV adaptiveThreshold", [&, mask](int i) {
                                          cv::adaptiveThreshold(discs.mat(i), *mask, 255, cv::ADAPTIVE_THRESH_MEAN_C,
                                                                cv::THRESH_BINARY, 31, -10);
                                        }}});
  p.method = host::SegmentMethod::background;
  add("running background", p, {});
  return cases;
}

}  // namespace flashcell::app
