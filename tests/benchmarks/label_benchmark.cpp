// One core, 512x512: threshold, labels, area, first and second moments and box, next to OpenCV's functions for the same
// work. Every scene is generated from a seed. Compare the lines of one run only:
//   label_benchmark --benchmark_min_time=0.5
#include <benchmark/benchmark.h>

#include <memory>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/label/labeller.hpp"
#include "host/segment/binarize.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

constexpr int kSide = 512;
constexpr int kThreshold = 128;

struct Scene {
  std::string name;
  std::vector<uint8_t> grey;
  std::vector<uint8_t> rgb;  // the objects in colours of any hue on a dark ground: luma is foreground where grey is
  FrameView grey_view, rgb_view;

  Scene(std::string scene_name, const BitImage& mask)
      : name(std::move(scene_name)), grey(test::grey(mask)), rgb(3 * grey.size()) {
    std::mt19937 random(1);
    for (size_t i = 0; i < grey.size(); ++i) {
      const uint32_t value = random();
      const bool foreground = grey[i] != 0;
      rgb[3 * i] = static_cast<uint8_t>(foreground ? 128 + (value & 127) : value & 31);
      rgb[3 * i + 1] = static_cast<uint8_t>(foreground ? 192 + (value >> 8 & 63) : value >> 8 & 31);
      rgb[3 * i + 2] = static_cast<uint8_t>(foreground ? value >> 16 & 255 : value >> 16 & 31);
    }
    grey_view = {grey.data(), kSide, kSide, kSide, PixelFormat::grey8};
    rgb_view = {rgb.data(), kSide, kSide, 3 * kSide, PixelFormat::rgb8};
  }
};

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = [] {
    std::vector<Scene> s;
    s.emplace_back("100 discs of radius 10", test::discs(kSide, kSide, 100, 10, 1));
    s.emplace_back("1024 discs of radius 4", test::discs(kSide, kSide, 1024, 4, 2));
    s.emplace_back("noise 5 %", test::noise(kSide, kSide, 0.05, 3));
    s.emplace_back("noise 50 %", test::noise(kSide, kSide, 0.5, 4));
    s.emplace_back("all foreground", test::drawn(kSide, kSide, [](int, int) { return true; }));
    s.emplace_back("isolated points", test::drawn(kSide, kSide, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; }));
    return s;
  }();
  return all;
}

void label_scene(benchmark::State& state, const Scene& scene, contract::Connectivity connectivity, uint8_t features) {
  contract::LabelParameters parameters;
  parameters.width = parameters.height = kSide;
  parameters.max_objects = 1 << 17;
  parameters.connectivity = connectivity;
  parameters.features = features;
  const auto labeller = make_fast_labeller(parameters);
  const bool colour = (features & contract::kFeatureHue) != 0;
  const FrameView& frame = colour ? scene.rgb_view : scene.grey_view;
  BitImage mask(kSide, kSide);
  ObjectTable table;
  table.reserve(parameters);
  for (auto _ : state) {
    table.clear();
    binarize(frame, kThreshold, Polarity::bright, mask);
    labeller->label(mask, frame, 0, table);
    benchmark::DoNotOptimize(table.objects.data());
  }
  state.counters["objects"] = static_cast<double>(table.objects.size());
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void label_with_opencv(benchmark::State& state, const Scene& scene, int algorithm) {
  cv::setNumThreads(1);
  const cv::Mat frame(kSide, kSide, CV_8U, const_cast<uint8_t*>(scene.grey.data()));
  cv::Mat binary, labels, stats, centroids;
  int objects = 0;
  for (auto _ : state) {
    cv::threshold(frame, binary, kThreshold - 1, 255, cv::THRESH_BINARY);
    objects = cv::connectedComponentsWithStats(binary, labels, stats, centroids, 8, CV_32S, algorithm) - 1;
    benchmark::DoNotOptimize(stats.data);
  }
  state.counters["objects"] = objects;
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void register_all() {
  using contract::Connectivity;
  struct Mode {
    const char* name;
    Connectivity connectivity;
    uint8_t features;
  };
  constexpr Mode kModes[] = {
      {"flashcell exact8", Connectivity::exact8, 0},
      {"flashcell exact8 + HLAC", Connectivity::exact8, contract::kFeatureHlac},
      {"flashcell exact8 + HLAC + hue of RGB", Connectivity::exact8, contract::kFeatureHlac | contract::kFeatureHue},
      {"flashcell exact8 + HLAC + hue + intensity of RGB", Connectivity::exact8,
       contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity},
      {"flashcell exact4", Connectivity::exact4, 0},
      {"flashcell cell + HLAC", Connectivity::cell, contract::kFeatureHlac},
      {"flashcell cell + HLAC + hue of RGB", Connectivity::cell, contract::kFeatureHlac | contract::kFeatureHue},
  };
  struct Algorithm {
    const char* name;
    int id;
  };
  constexpr Algorithm kAlgorithms[] = {{"OpenCV default", cv::CCL_DEFAULT},
                                       {"OpenCV SAUF", cv::CCL_SAUF},
                                       {"OpenCV BBDT", cv::CCL_BBDT},
                                       {"OpenCV Spaghetti", cv::CCL_SPAGHETTI}};
  for (const Scene& scene : scenes()) {
    for (const Mode& mode : kModes) {
      benchmark::RegisterBenchmark((scene.name + "/" + mode.name).c_str(), [&scene, mode](benchmark::State& state) {
        label_scene(state, scene, mode.connectivity, mode.features);
      })->Unit(benchmark::kMicrosecond);
    }
    for (const Algorithm& algorithm : kAlgorithms) {
      benchmark::RegisterBenchmark((scene.name + "/" + algorithm.name).c_str(), [&scene,
                                                                                 algorithm](benchmark::State& state) {
        label_with_opencv(state, scene, algorithm.id);
      })->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace
}  // namespace flashcell::host

int main(int argc, char** argv) {
  flashcell::host::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
