// One core, 512x512: every segmentation method next to OpenCV's functions for the same work. The frames are generated
// from a seed. Compare the lines of one run only:
//   segment_benchmark --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <functional>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/segment/segmenter.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

constexpr int kSide = 512;
constexpr int kThreshold = 128;
constexpr int kWindow = 31;
constexpr int kOffset = 10;
constexpr double kLearningRate = 0.02;

const std::vector<ColourClass> kClasses = {
    {"red", 240, 16, 64, 255, 64, 255}, {"green", 64, 107, 64, 255, 64, 255}, {"blue", 149, 192, 64, 255, 64, 255}};

struct Scene {
  std::string name;
  std::vector<uint8_t> grey, rgb;

  FrameView grey_view() const { return {grey.data(), kSide, kSide, kSide, PixelFormat::grey8}; }
  FrameView rgb_view() const { return {rgb.data(), kSide, kSide, 3 * kSide, PixelFormat::rgb8}; }
  cv::Mat grey_mat() const { return {kSide, kSide, CV_8U, const_cast<uint8_t*>(grey.data())}; }
  cv::Mat rgb_mat() const { return {kSide, kSide, CV_8UC3, const_cast<uint8_t*>(rgb.data())}; }
};

/// Grey from grey_at(pixel, random), and the same in a colour of one of three hues.
Scene make_scene(const char* name, const std::function<int(int, std::mt19937&)>& grey_at) {
  Scene scene{name, std::vector<uint8_t>(kSide * kSide), std::vector<uint8_t>(3 * kSide * kSide)};
  std::mt19937 random(7);
  for (int i = 0; i < kSide * kSide; ++i) {
    scene.grey[i] = static_cast<uint8_t>(grey_at(i, random));
    for (int channel = 0; channel < 3; ++channel) {
      const bool main_hue = i % kSide / 64 % 3 == channel;
      scene.rgb[3 * i + channel] = static_cast<uint8_t>(main_hue ? scene.grey[i] : random() & 31);
    }
  }
  return scene;
}

/// Discs on uneven light with noise, as a camera gives them; and the two ends of what a histogram may meet.
const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = [] {
    const BitImage discs = test::discs(kSide, kSide, 100, 10, 1);
    std::vector<Scene> s;
    s.push_back(make_scene("discs on uneven light", [&discs](int i, std::mt19937& random) {
      const int x = i % kSide, y = i / kSide;
      return 30 + (x + y) / 16 + (discs.get(x, y) ? 120 : 0) + static_cast<int>(random() % 8);
    }));
    s.push_back(make_scene("two grey levels",
                           [&discs](int i, std::mt19937&) { return discs.get(i % kSide, i / kSide) ? 200 : 20; }));
    s.push_back(make_scene("white noise", [](int, std::mt19937& random) { return random() & 255; }));
    return s;
  }();
  return all;
}

void segment_frames(benchmark::State& state, const SegmentParameters& parameters, const FrameView& frame) {
  const auto segmenter = make_segmenter(parameters, frame.width, frame.height, frame.format);
  std::vector<BitImage> masks(segmenter->masks(), BitImage(frame.width, frame.height));
  for (auto _ : state) {
    segmenter->segment(frame, masks.data());
    benchmark::DoNotOptimize(masks[0].row(0));
    benchmark::ClobberMemory();
  }
}

/// Buffers live from frame to frame, as ours do.
struct OpenCvBuffers {
  cv::Mat grey, mask, other_mask, hsv, mean, difference;
};
using OpenCvMethod = void (*)(const Scene& scene, OpenCvBuffers& buffers);

void cv_threshold(const Scene& scene, OpenCvBuffers& b) {
  cv::threshold(scene.grey_mat(), b.mask, kThreshold - 1, 255, cv::THRESH_BINARY);
}
void cv_threshold_rgb(const Scene& scene, OpenCvBuffers& b) {
  cv::cvtColor(scene.rgb_mat(), b.grey, cv::COLOR_RGB2GRAY);
  cv::threshold(b.grey, b.mask, kThreshold - 1, 255, cv::THRESH_BINARY);
}
void cv_otsu(const Scene& scene, OpenCvBuffers& b) {
  cv::threshold(scene.grey_mat(), b.mask, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
}
void cv_adaptive(const Scene& scene, OpenCvBuffers& b) {
  cv::adaptiveThreshold(scene.grey_mat(), b.mask, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY, kWindow,
                        -kOffset);
}
/// A running mean and one distance for all pixels: OpenCV's image processing has no running variance, so less work than
/// ours.
void cv_background(const Scene& scene, OpenCvBuffers& b) {
  const cv::Mat frame = scene.grey_mat();
  if (b.mean.empty()) frame.convertTo(b.mean, CV_32F);
  cv::accumulateWeighted(frame, b.mean, kLearningRate);
  b.mean.convertTo(b.grey, CV_8U);
  cv::absdiff(frame, b.grey, b.difference);
  cv::threshold(b.difference, b.mask, kOffset, 255, cv::THRESH_BINARY);
}
void cv_colour(const Scene& scene, OpenCvBuffers& b) {
  cv::cvtColor(scene.rgb_mat(), b.hsv, cv::COLOR_RGB2HSV_FULL);
  for (const ColourClass& c : kClasses) {
    const auto in_hues = [&](int low, int high, cv::Mat& mask) {
      cv::inRange(b.hsv, cv::Scalar(low, c.saturation_low, c.value_low),
                  cv::Scalar(high, c.saturation_high, c.value_high), mask);
    };
    if (c.hue_low <= c.hue_high) {
      in_hues(c.hue_low, c.hue_high, b.mask);
    } else {
      in_hues(c.hue_low, 255, b.mask);
      in_hues(0, c.hue_high, b.other_mask);
      cv::bitwise_or(b.mask, b.other_mask, b.mask);
    }
  }
}

void segment_with_opencv(benchmark::State& state, const Scene& scene, OpenCvMethod method) {
  cv::setNumThreads(1);
  OpenCvBuffers buffers;
  for (auto _ : state) {
    method(scene, buffers);
    benchmark::DoNotOptimize(buffers.mask.data);
    benchmark::ClobberMemory();
  }
}

struct Method {
  const char* name;
  SegmentMethod method;
  bool rgb;
  OpenCvMethod opencv;
};

SegmentParameters parameters_of(SegmentMethod method) {
  SegmentParameters p;
  p.method = method;
  p.threshold = kThreshold;
  p.window = kWindow;
  p.offset = kOffset;
  p.learning_rate = kLearningRate;
  p.classes = kClasses;
  return p;
}

void register_all() {
  constexpr Method kMethods[] = {{"threshold", SegmentMethod::threshold, false, cv_threshold},
                                 {"threshold of RGB", SegmentMethod::threshold, true, cv_threshold_rgb},
                                 {"Otsu", SegmentMethod::otsu, false, cv_otsu},
                                 {"adaptive", SegmentMethod::adaptive, false, cv_adaptive},
                                 {"background", SegmentMethod::background, false, cv_background},
                                 {"colour, 3 classes", SegmentMethod::colour, true, cv_colour}};
  for (const Scene& scene : scenes()) {
    for (const Method& m : kMethods) {
      const std::string name = scene.name + "/" + m.name;
      benchmark::RegisterBenchmark((name + "/flashcell").c_str(), [&scene, m](benchmark::State& state) {
        segment_frames(state, parameters_of(m.method), m.rgb ? scene.rgb_view() : scene.grey_view());
      })->Unit(benchmark::kMicrosecond);
      benchmark::RegisterBenchmark((name + "/OpenCV").c_str(), [&scene, m](benchmark::State& state) {
        segment_with_opencv(state, scene, m.opencv);
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
