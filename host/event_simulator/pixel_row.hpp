#pragma once
#include <cstdint>

namespace flashcell::host {

// Log intensities are 32-bit integers in 2^-24 (natural logarithm), so that they add up without error; they may wrap,
// only differences count. What is left until a noise event is in 2^-27.
constexpr int kLogBits = 24;
constexpr int kHazardBits = 27;

/// One step's constants.
struct PixelStep {
  float knee = 20;            ///< units
  float slope = 0;            ///< below the knee, 2^-24 a unit
  bool filtered = false;      ///< by the low pass
  float turn_per_unit = 0;    ///< 2 pi f dt of the low pass: turn + turn_per_unit * light, at most turn_most
  float turn = 0;             ///
  float turn_most = 0;        ///
  bool noisy = false;         ///< noise events
  float hazard = 0;           ///< expected noise events of the step: hazard - hazard_per_unit * light, at least
  float hazard_per_unit = 0;  ///  hazard_least; 2^-27
  float hazard_least = 0;     ///
  int32_t leak = 0;           ///< what leaked until the step's end, 2^-24
};

/// A row's state and what the step makes of it; `words` * 64 pixels each.
struct PixelRow {
  const float* light;        ///< the frame at the step's end, units
  const int32_t* level;      ///< filtered log intensity at the step's beginning
  int32_t* next;             ///< at its end
  const int32_t* reference;  ///< log intensity, leak included, at the last reset
  const int32_t* on;         ///< thresholds, both positive
  const int32_t* off;
  const int32_t* blind;  ///< above 0: in reset for so many ns more
  int32_t* noise;        ///< until the next noise event; below 0: it falls into the step
  int32_t* hazard;       ///< what was taken from it
  uint64_t* mask;        ///< pixels with something to do in this step
};

/// Log intensity of `words` * 64 pixels, without low pass: the first frame's levels.
void log_row(const float* light, int words, const PixelStep& step, int32_t* level);

/// Light to log intensity, low pass, comparison with both thresholds, noise: the same bytes on every machine.
void step_row(const PixelRow& row, int words, const PixelStep& step);

}  // namespace flashcell::host
