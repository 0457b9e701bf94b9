#include "host/segment/choice/scene_grey.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/segment/choice/grey_frames.hpp"

namespace flashcell::host {
namespace {

constexpr double kMovingSigmas = 5;
constexpr double kLeastMoving = 6;   // grey levels of 8 bits
constexpr double kMostMoving = 0.3;  // share of a frame; more is a flash, a jolt
constexpr int kStep = 2;             // rows and columns that are looked at

/// Calls visit(x, y) for the looked-at pixels of the region.
template <class Visit>
void each_pixel(const BitImage& region, Visit visit) {
  for (int y = 0; y < region.height(); y += kStep) {
    for (int x = 0; x < region.width(); x += kStep) {
      if (region.get(x, y)) visit(x, y);
    }
  }
}

void find_range(std::span<const FrameView> frames, const BitImage& region, SceneGrey& grey) {
  int low = 65535, high = 0;
  for (const FrameView& frame : frames) {
    each_pixel(region, [&](int x, int y) {
      const int level = grey_at(frame, x, y);
      low = std::min(low, level);
      high = std::max(high, level);
    });
  }
  grey.first = std::min(low, high);
  while ((high - grey.first) >> grey.shift > 255) ++grey.shift;
}

int scene_at(const BackgroundImage& scene, int x, int y) {
  return scene.level[static_cast<size_t>(y) * scene.width + x];
}

/// 1.4826 times the median distance from the scene: robust against what moves.
double noise_of(std::span<const FrameView> frames, const BackgroundImage& scene, const BitImage& region) {
  std::vector<uint32_t> counts(65536);
  double pixels = 0;
  for (const FrameView& frame : frames) {
    each_pixel(region, [&](int x, int y) {
      ++counts[std::abs(grey_at(frame, x, y) - scene_at(scene, x, y))];
      pixels += 1;
    });
  }
  if (pixels == 0) return 0;
  double below = 0;
  int distance = 0;
  while (below + counts[distance] <= pixels / 2) below += counts[distance++];
  // Whole grey levels are coarse: place the median inside its level.
  const double inside = (pixels / 2 - below) / counts[distance];
  return 1.4826 * (distance == 0 ? inside / 2 : distance - 0.5 + inside);
}

double differing_share(const FrameView& frame, const BackgroundImage& scene, const BitImage& region, double limit) {
  double differing = 0, pixels = 0;
  each_pixel(region, [&](int x, int y) {
    pixels += 1;
    differing += std::abs(grey_at(frame, x, y) - scene_at(scene, x, y)) > limit;
  });
  return pixels > 0 ? differing / pixels : 0;
}

void add_motion(const FrameView& frame, const BackgroundImage& scene, const BitImage& region, double limit,
                SceneGrey& grey) {
  each_pixel(region, [&](int x, int y) {
    const int level = grey_at(frame, x, y), usual = scene_at(scene, x, y), difference = std::abs(level - usual);
    const double spread = scene.spread[static_cast<size_t>(y) * scene.width + x] / double{1 << kSpreadFractionBits};
    if (difference <= std::max(limit, kMovingSigmas * spread)) {
      grey.still[std::clamp(grey.bin(level), 0, 255)] += 1;
      return;
    }
    const bool bright = level > usual;
    (bright ? grey.bright_pixels : grey.dark_pixels) += 1;
    grey.squares += double{1} * difference * difference;
    (bright ? grey.bright_contrast : grey.dark_contrast) += difference;
    auto& explained = bright ? grey.bright_explained : grey.dark_explained;
    explained[std::clamp(grey.bin(std::min(level, usual)), 0, 255) + 1] += difference;
    explained[std::clamp(grey.bin(std::max(level, usual)), 0, 255) + 1] -= difference;
  });
}

}  // namespace

SceneGrey measure_grey(std::span<const FrameView> frames, const BackgroundImage& scene, const BitImage& region) {
  SceneGrey grey;
  grey.deep = frames[0].format == PixelFormat::grey16;
  find_range(frames, region, grey);
  for (const FrameView& frame : frames)
    each_pixel(region, [&](int x, int y) { ++grey.all[grey.bin(grey_at(frame, x, y))]; });
  grey.noise = noise_of(frames, scene, region);
  const double coarse = frames[0].format == PixelFormat::grey16 ? std::ldexp(1.0, grey.shift) : 1;
  grey.least_moving = kLeastMoving * coarse;
  const double limit = std::max(kMovingSigmas * grey.noise, grey.least_moving);
  for (const FrameView& frame : frames) {
    if (differing_share(frame, scene, region, limit) <= kMostMoving) add_motion(frame, scene, region, limit, grey);
  }
  for (int bin = 1; bin <= 256; ++bin) {
    grey.bright_explained[bin] += grey.bright_explained[bin - 1];
    grey.dark_explained[bin] += grey.dark_explained[bin - 1];
  }
  return grey;
}

}  // namespace flashcell::host
