#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "host/device/device_factory.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::app {

constexpr int kBenchSide = 512;      ///< px
constexpr int kBenchThreshold = 40;  ///< above the background (20), below every colour of the scenes

/// Consecutive frames of a generated scene (`synth:` specification), kept in memory.
struct Clip {
  std::string name;
  PixelFormat format = PixelFormat::grey8;
  std::vector<cv::Mat> frames;

  FrameView view(int i) const;
  const cv::Mat& mat(int i) const { return frames[static_cast<size_t>(i) % frames.size()]; }
};

Clip scene_clip(const std::string& name, const std::string& spec, int frames);

/// Fixed threshold at kBenchThreshold for frames like the clip's, with these features; table of `max_objects`.
host::DevicePlan threshold_plan(const Clip& clip, contract::Connectivity connectivity, uint8_t features,
                                uint32_t max_objects);

/// Every pixel is foreground with this probability, independently.
Clip noise_clip(double density, int frames);

}  // namespace flashcell::app
