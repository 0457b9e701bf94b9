#pragma once
#include <cstdint>

// The arithmetic of the running background, the same on every machine: integers for 8-bit frames, single floats without
// fused multiply-add for 16-bit frames. Rows come and go in words of 64 pixels.
namespace flashcell::host {

/// One frame's constants for 8-bit grey.
///
/// State of a pixel: mean in 1/128 grey levels, variance in 1/16 squared grey levels, saturating at 45.25^2.
/// With d = grey - mean before the update, a pixel is foreground when (d / sigmas)^2 > max(variance, min_variance);
/// both squares saturate like the variance, from deviations cut to whole 1/128 grey levels. A value moves by
/// floor((difference * rate + dither) / 2^16). The dither, odd, walks through 1..65535 from frame to frame, so that a
/// learning rate too small for one step of the fixed point still moves the state by the right amount on average.
struct BackgroundStep8 {
  uint16_t rate = 0;             ///< learning rate in 2^-16
  uint16_t foreground_rate = 0;  ///< the same for the mean of foreground pixels
  uint16_t dither = 1;
  uint16_t inverse_sigmas = 0;  ///< 1/sigmas in 2^-16
  uint16_t min_variance = 0;    ///< 1/16 squared grey levels
  bool bright = true;           ///< pixels above the mean may be foreground
  bool dark = true;             ///< pixels below the mean may be foreground
};

constexpr int kMeanFractionBits8 = 7;
constexpr int kVarianceFractionBits8 = 4;
constexpr int kMaxDeviation8 = 5792;  ///< 45.25 grey levels in 1/128: its square in 1/16 is the largest in 15 bits

/// The same for 16-bit grey in single floats; grey levels and squared grey levels.
struct BackgroundStep16 {
  float rate = 0;
  float foreground_rate = 0;
  float squared_sigmas = 0;
  float min_variance = 0;
  bool bright = true;
  bool dark = true;
};

/// Variances do not fall below this: their decay to denormal numbers would slow a machine down, never change a pixel.
constexpr float kVarianceFloor16 = 1.0F / 1024;

/// `words` * 64 pixels of one row: updates mean and variance, writes the foreground bits.
void background_row(const uint8_t* grey, int words, const BackgroundStep8& step, int16_t* mean, int16_t* variance,
                    uint64_t* mask);
void background_row(const uint16_t* grey, int words, const BackgroundStep16& step, float* mean, float* variance,
                    uint64_t* mask);

}  // namespace flashcell::host
