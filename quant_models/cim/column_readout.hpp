#pragma once

namespace flashcell::quant::cim {

/// What is done with the sums of an array's columns.
struct ReadoutLaw {
  float to_current = 1;                          ///< of a sum
  float to_variance = 0;                         ///< of a sum of variances
  float more_variance = 0;                       ///< noise in front of the converter
  bool converts = false;                         ///< by an ideal converter of this range and so many steps a unit
  float low = 0, high = 0, steps = 1, step = 1;  ///< step = 1 / steps
};

/// currents[i] = sums[i] to_current + sqrt(variances[i] to_variance + more_variance) noise[i], then the middle of the
/// converter's step. `variances` may be null, `noise` too: then there is none. The same bytes on every machine.
void read_out(const ReadoutLaw& law, const float* sums, const float* variances, const float* noise, int count,
              float* currents);

/// out[i] += factor * numbers[i].
void add_scaled(const float* numbers, float factor, int count, float* out);

}  // namespace flashcell::quant::cim
