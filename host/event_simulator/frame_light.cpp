#include "host/event_simulator/frame_light.hpp"

#include <cstring>

namespace flashcell::host {
namespace {

void grey_row(const uint8_t* pixels, int width, float* light) {
  for (int x = 0; x < width; ++x) light[x] = pixels[x];
}

void deep_row(const uint8_t* pixels, int width, float scale, float* light) {
  for (int x = 0; x < width; ++x) {
    uint16_t value;
    std::memcpy(&value, pixels + 2 * static_cast<ptrdiff_t>(x), sizeof value);
    light[x] = scale * static_cast<float>(value);
  }
}

void colour_row(const uint8_t* pixels, int width, bool red_first, float* light) {
  const int red = red_first ? 0 : 2;
  for (int x = 0; x < width; ++x) {
    const uint8_t* p = pixels + 3 * static_cast<ptrdiff_t>(x);
    light[x] = 0.299F * p[red] + 0.587F * p[1] + 0.114F * p[2 - red];
  }
}

}  // namespace

void frame_light(const FrameView& frame, int significant_bits, std::span<float> light) {
  const float scale = 255.0F / static_cast<float>((1 << significant_bits) - 1);
  for (int y = 0; y < frame.height; ++y) {
    float* row = light.data() + static_cast<ptrdiff_t>(y) * frame.width;
    switch (frame.format) {
      case PixelFormat::grey8:
        grey_row(frame.row(y), frame.width, row);
        break;
      case PixelFormat::grey16:
        deep_row(frame.row(y), frame.width, scale, row);
        break;
      case PixelFormat::rgb8:
      case PixelFormat::bgr8:
        colour_row(frame.row(y), frame.width, frame.format == PixelFormat::rgb8, row);
        break;
    }
  }
}

}  // namespace flashcell::host
