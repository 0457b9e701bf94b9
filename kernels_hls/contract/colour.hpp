#pragma once
#include <stdint.h>

namespace flashcell {
namespace contract {

/// 8-bit hue, saturation, value. Hue 0..255 is the whole circle. Integer arithmetic, equal to OpenCV's
/// COLOR_RGB2HSV_FULL.
struct Hsv8 {
  uint8_t h, s, v;
};

inline Hsv8 hsv8(uint8_t r, uint8_t g, uint8_t b) {
  const int max = r > g ? (r > b ? r : b) : (g > b ? g : b);
  const int min = r < g ? (r < b ? r : b) : (g < b ? g : b);
  const int chroma = max - min;
  if (chroma == 0) return Hsv8{0, 0, static_cast<uint8_t>(max)};
  // 12-bit fixed-point reciprocals, rounded to nearest; a kernel keeps them in a 256-entry table.
  const int per_saturation = ((255 << 13) / max + 1) >> 1;
  const int per_hue = ((256 << 13) / (6 * chroma) + 1) >> 1;
  const int numerator = max == r ? g - b : max == g ? b - r + 2 * chroma : r - g + 4 * chroma;
  int h = (numerator * per_hue + 2048) >> 12;
  if (h < 0) h += 256;
  if (h > 255) h = 255;
  return Hsv8{static_cast<uint8_t>(h), static_cast<uint8_t>((chroma * per_saturation + 2048) >> 12),
              static_cast<uint8_t>(max)};
}

/// 8-bit luma of RGB, equal to OpenCV's COLOR_RGB2GRAY.
inline uint8_t luma8(uint8_t r, uint8_t g, uint8_t b) {
  return static_cast<uint8_t>((r * 9798u + g * 19235u + b * 3735u + 16384u) >> 15);
}

}  // namespace contract
}  // namespace flashcell
