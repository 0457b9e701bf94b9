#pragma once
#include <cstdint>

namespace flashcell::host {

/// The pixels of an event camera. Light comes in units of the frames, grey levels 0..255 or whatever is proportional to
/// light; E below is a pixel's illuminance, lux_per_unit times that.
///
/// Sources: ESIM (Rebecq, Gehrig, Scaramuzza, CoRL 2018), v2e (Hu, Liu, Delbruck, CVPR workshops 2021), the DVS pixel
/// (Lichtsteiner, Posch, Delbruck, JSSC 43(2), 2008), IEBCS (Joubert et al., Frontiers in Neuroscience 15, 2021).
struct EventSensor {
  /// Change of log intensity (natural logarithm) that makes an event: v2e's nominal 0.2. 0.01..5.
  double threshold_on = 0.2, threshold_off = 0.2;
  /// Standard deviation of both from pixel to pixel: v2e's sigma_thres. No threshold falls below 0.01. 0..1.
  double threshold_mismatch = 0.03;
  /// Grey levels up to here are taken linearly, x ln(knee) / knee, the others by their logarithm: v2e's lin-log
  /// mapping, which keeps the steps of dark 8-bit video from making events. 2..255.
  double knee = 20;

  /// Time after an event that a pixel is held in reset, us; what it compares with is then the intensity at its end, as
  /// in the circuit (Lichtsteiner 2008). With 0 it is the crossed threshold, as in ESIM. 0..1e6.
  double refractory_us = 500;
  /// ON events of a pixel at rest, 1/s: the reset switch leaks (v2e: the reference falls by leak_hz thresholds a
  /// second). 0..1000.
  double leak_hz = 0.1;

  /// Noise events of a pixel in the dark, both directions together, 1/s. In light E their rate is
  /// shot_noise_hz max(s, 1 + (s - 1) E / shot_noise_lux), s = shot_noise_bright, times nominal / actual threshold:
  /// v2e, with an absolute light level. A Poisson process. 0..1e5.
  double shot_noise_hz = 1;
  double shot_noise_bright = 0.25;  ///< 0..1
  double shot_noise_lux = 100;      ///< above 0

  /// Corner of the photoreceptor's low pass, of first order, in light E: hz_per_lux (E + dark_lux), at most
  /// bandwidth_hz (v2e's law, in lux; Lichtsteiner 2008: about 3 kHz in good light, proportional to the photocurrent
  /// below). bandwidth_hz 0: no low pass. The filter is the implicit Euler step, y += x / (1 + x) (u - y), x = 2 pi f
  /// dt.
  double bandwidth_hz = 3000;
  double bandwidth_hz_per_lux = 20;
  double dark_lux = 0.2;

  /// From the crossing to the time stamp: a fixed time, one that differs from event to event, exponential with this
  /// mean (IEBCS: positive and skewed), us, and the readout's queue: at most so many events a second, 0: any number.
  double latency_us = 5;
  double jitter_us = 5;
  double readout_hz = 12e6;

  double lux_per_unit = 1000.0 / 255;  ///< above 0
  uint64_t seed = 1;

  /// Equal thresholds, no noise, no delays: what ESIM's formulas say to the letter.
  static EventSensor ideal();
};

/// Throws Error(Fault::usage) that names the parameter that is out of its range.
void check(const EventSensor& sensor);

}  // namespace flashcell::host
