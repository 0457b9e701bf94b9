#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/device/device_factory.hpp"
#include "pipeline/device.hpp"

namespace flashcell::test {

/// A frame with its own pixels.
struct Picture {
  std::vector<uint8_t> pixels;
  FrameView view;
};

/// `count` pictures with bright discs that move, over noise; rows end in padding that is no part of the frame.
inline std::vector<Picture> pictures(int count, int width, int height, PixelFormat format, uint32_t seed = 1) {
  std::mt19937 random(seed);
  const int bytes = bytes_per_pixel(format), stride = width * bytes + 24;
  const int discs = 1 + width * height / 900;
  std::vector<Picture> all(static_cast<size_t>(count));
  for (int f = 0; f < count; ++f) {
    Picture& p = all[static_cast<size_t>(f)];
    p.pixels.resize(static_cast<size_t>(stride) * height);
    for (uint8_t& byte : p.pixels) byte = static_cast<uint8_t>(random() % 60);
    p.view = {p.pixels.data(), width, height, stride, format};
    std::mt19937 scene(seed);
    for (int d = 0; d < discs; ++d) {
      const int x0 = static_cast<int>((scene() % width + f) % width),
                y0 = static_cast<int>((scene() % height + f) % height);
      const int r = 1 + static_cast<int>(scene() % 7);
      uint8_t level[3];
      for (uint8_t& l : level) l = static_cast<uint8_t>(90 + scene() % 160);
      for (int y = std::max(0, y0 - r); y <= std::min(height - 1, y0 + r); ++y) {
        for (int x = std::max(0, x0 - r); x <= std::min(width - 1, x0 + r); ++x) {
          if ((x - x0) * (x - x0) + (y - y0) * (y - y0) > r * r) continue;
          for (int b = 0; b < bytes; ++b) p.pixels[static_cast<size_t>(y) * stride + x * bytes + b] = level[b % 3];
        }
      }
    }
  }
  return all;
}

/// One frame's results, to be compared byte for byte.
struct Outcome {
  std::string objects, features;
  contract::FrameSummary summary{};
  std::string lost;  ///< why there are none; empty: there are

  bool operator==(const Outcome& o) const {
    return objects == o.objects && features == o.features && lost == o.lost &&
           std::memcmp(&summary, &o.summary, sizeof summary) == 0;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Outcome& o) {
  return out << o.summary.objects << " objects, " << o.summary.lost << " lost, " << o.summary.too_small
             << " too small, " << o.summary.too_large << " too large, " << o.summary.foreground << " px, "
             << o.summary.outside << " outside" << (o.lost.empty() ? "" : ", frame lost: " + o.lost);
}

inline Outcome outcome_of(const ObjectTable& table) {
  Outcome outcome;
  const auto bytes = [](const auto& records) {
    return std::string(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(records[0]));
  };
  outcome.objects = bytes(table.objects);
  outcome.features = bytes(table.features);
  outcome.summary = table.summary;
  return outcome;
}

/// What a device makes of the pictures; a queue is kept full.
inline std::vector<Outcome> outcomes(Device& device, const std::vector<Picture>& pictures) {
  std::vector<Outcome> results;
  QueueDevice* queue = device.queue();
  if (queue == nullptr) {
    ObjectTable table;
    for (const Picture& p : pictures) {
      device.process(Frame(p.view), table);
      results.push_back(outcome_of(table));
    }
    return results;
  }
  std::vector<ObjectTable> tables(static_cast<size_t>(queue->depth()));
  size_t submitted = 0;
  while (results.size() < pictures.size()) {
    while (submitted < pictures.size() && submitted - results.size() < tables.size()) {
      queue->submit(Frame(pictures[submitted].view), tables[submitted % tables.size()]);
      ++submitted;
    }
    const size_t oldest = results.size() % tables.size();
    const char* lost = queue->collect();
    results.push_back(lost == nullptr ? outcome_of(tables[oldest]) : Outcome{});
    if (lost != nullptr) results.back().lost = lost;
  }
  return results;
}

/// A configuration for the software device; `threshold` separates the pictures' discs from their noise.
inline host::Config xrt_config() {
  host::Config config;
  config.pipeline.device = host::DeviceKind::xrt;
  config.xrt.emulated = true;
  config.segment.automatic = false;
  config.segment.parameters.method = host::SegmentMethod::threshold;
  config.segment.parameters.threshold = 75;
  return config;
}

inline std::unique_ptr<Device> device_for(const host::Config& config, const FrameView& view) {
  return host::make_device(host::plan_device(config, view.width, view.height, view.format));
}

/// The same configuration on the CPU.
inline std::vector<Outcome> cpu_outcomes(host::Config config, const std::vector<Picture>& pictures) {
  config.pipeline.device = host::DeviceKind::cpu;
  return outcomes(*device_for(config, pictures[0].view), pictures);
}

}  // namespace flashcell::test
