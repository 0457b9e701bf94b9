#include "host/segment/choice/colour_view.hpp"

#include <algorithm>
#include <cmath>

#include "host/segment/background_image.hpp"
#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host {
namespace {

constexpr int kChromaStep = 2;  // rows and columns that are looked at
constexpr double kMovingChromaSigmas = 5;
constexpr double kLeastMovingChroma = 8;   // levels: compression moves less
constexpr double kMostMovingChroma = 0.3;  // share of the pixels; more is a change of the light
constexpr double kLeastPixels = 12;        // that move, a frame, of those that are looked at
constexpr int kMiddle = 128;

struct Chroma {
  int blue, red;
};

Chroma chroma_at(const FrameView& frame, int x, int y) {
  const uint8_t* const pixel = frame.row(y) + 3 * static_cast<ptrdiff_t>(x);
  const bool rgb = frame.format == PixelFormat::rgb8;
  const uint8_t red = pixel[rgb ? 0 : 2], green = pixel[1], blue = pixel[rgb ? 2 : 0];
  const int luma = contract::luma8(red, green, blue);
  return {blue - luma, red - luma};
}

uint8_t level_of(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(kMiddle + value), 0L, 255L));
}

/// Every second row and column of frames, blue and red less luma.
struct Planes {
  int width, height;
  std::vector<std::vector<uint8_t>> blue, red;

  explicit Planes(std::span<const FrameView> colour)
      : width(colour[0].width / kChromaStep), height(colour[0].height / kChromaStep) {
    for (const FrameView& frame : colour) {
      std::vector<uint8_t>&b = blue.emplace_back(), &r = red.emplace_back();
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const Chroma chroma = chroma_at(frame, kChromaStep * x, kChromaStep * y);
          b.push_back(level_of(chroma.blue));
          r.push_back(level_of(chroma.red));
        }
      }
    }
  }

  BackgroundImage median(const std::vector<std::vector<uint8_t>>& plane) const {
    std::vector<FrameView> views;
    for (const std::vector<uint8_t>& pixels : plane)
      views.push_back({pixels.data(), width, height, width, PixelFormat::grey8});
    return median_background(views);
  }
};

double limit_of(const BackgroundImage& scene, size_t at) {
  return std::max(kLeastMovingChroma, kMovingChromaSigmas * scene.spread[at] / (1 << kSpreadFractionBits));
}

}  // namespace

std::optional<ChromaDirection> direction_of_motion(std::span<const FrameView> colour, const BitImage& region) {
  const Planes planes(colour);
  if (planes.width == 0 || planes.height == 0) return std::nullopt;
  const BackgroundImage blue = planes.median(planes.blue), red = planes.median(planes.red);
  double bb = 0, br = 0, rr = 0, moving = 0, frames = 0;
  for (size_t i = 0; i < colour.size(); ++i) {
    double frame_bb = 0, frame_br = 0, frame_rr = 0, frame_moving = 0;
    for (int y = 0; y < planes.height; ++y) {
      for (int x = 0; x < planes.width; ++x) {
        if (!region.get(kChromaStep * x, kChromaStep * y)) continue;
        const size_t at = static_cast<size_t>(y) * planes.width + x;
        const double b = planes.blue[i][at] - blue.level[at], r = planes.red[i][at] - red.level[at];
        if (std::abs(b) <= limit_of(blue, at) && std::abs(r) <= limit_of(red, at)) continue;
        frame_bb += b * b;
        frame_br += b * r;
        frame_rr += r * r;
        frame_moving += 1;
      }
    }
    if (frame_moving > kMostMovingChroma * planes.width * planes.height) continue;
    bb += frame_bb;
    br += frame_br;
    rr += frame_rr;
    moving += frame_moving;
    frames += 1;
  }
  if (frames == 0 || moving < kLeastPixels * frames) return std::nullopt;
  const double turn = std::atan2(2 * br, bb - rr) / 2;
  return ChromaDirection{std::cos(turn), std::sin(turn)};
}

ChromaFrames::ChromaFrames(std::span<const FrameView> colour, const ChromaDirection& direction) {
  pixels_.reserve(colour.size());
  for (const FrameView& frame : colour) {
    std::vector<uint8_t>& pixels = pixels_.emplace_back();
    pixels.reserve(static_cast<size_t>(frame.width) * frame.height);
    for (int y = 0; y < frame.height; ++y) {
      for (int x = 0; x < frame.width; ++x) {
        const Chroma chroma = chroma_at(frame, x, y);
        pixels.push_back(level_of(direction.blue * chroma.blue + direction.red * chroma.red));
      }
    }
    views_.push_back({pixels.data(), frame.width, frame.height, frame.width, PixelFormat::grey8});
  }
}

}  // namespace flashcell::host
