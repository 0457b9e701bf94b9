#pragma once
#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace kernels {

/// The reciprocals of contract::hsv8: a kernel looks them up instead of dividing. kCopies of two read ports each serve
/// the 22 pixels of a clock.
struct Reciprocals {
  static constexpr int kCopies = 11;
  uint32_t per_saturation[256], per_hue[256];

  constexpr Reciprocals() : per_saturation(), per_hue() {
    for (uint32_t i = 1; i < 256; ++i) {
      per_saturation[i] = ((255u << 13) / i + 1) >> 1;
      per_hue[i] = ((256u << 13) / (6 * i) + 1) >> 1;
    }
  }
  /// Bits of the larger entries, those of 1.
  static constexpr int kSaturationBits = 20, kHueBits = 18;
};
constexpr Reciprocals kReciprocals;
static_assert(kReciprocals.per_saturation[1] < 1u << Reciprocals::kSaturationBits, "an entry has that many bits");
static_assert(kReciprocals.per_hue[1] < 1u << Reciprocals::kHueBits, "an entry has that many bits");

/// The bin of the hue histogram that a pixel counts in, or contract::kHueBins for one below a floor; from the
/// arithmetic of contract::hsv8.
inline int hue_code(uint8_t red, uint8_t green, uint8_t blue, uint8_t saturation_floor, uint8_t value_floor) {
  const int r = red, g = green, b = blue;
  const int max = r > g ? (r > b ? r : b) : (g > b ? g : b);
  const int min = r < g ? (r < b ? r : b) : (g < b ? g : b);
  const int chroma = max - min;
  const int saturation = (chroma * static_cast<int>(kReciprocals.per_saturation[max]) + 2048) >> 12;
  const int numerator = max == r ? g - b : max == g ? b - r + 2 * chroma : r - g + 4 * chroma;
  int hue = (numerator * static_cast<int>(kReciprocals.per_hue[chroma]) + 2048) >> 12;
  if (hue < 0) hue += 256;
  if (hue > 255) hue = 255;
  const bool achromatic = saturation < saturation_floor || max < value_floor;
  return achromatic ? contract::kHueBins : hue >> 4;
}

}  // namespace kernels
}  // namespace flashcell
