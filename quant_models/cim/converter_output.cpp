#include "quant_models/cim/converter_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace flashcell::quant::cim {

OutputConverter::OutputConverter(int bits, const OutputRange& range) : bits_(bits), range_(range) {
  if (bits == 0) return;
  if (!(range.low < range.high) || !std::isfinite(range.low) || !std::isfinite(range.high))
    throw Error(Fault::usage,
                fmt::format("the output converter's range is {}..{}: everything would be cut off; calibrate "
                            "it, or give a range that currents lie in",
                            range.low, range.high));
  highest_ = range.levels(bits) - 1;
  steps_ = highest_ / (range.high - range.low);
}

OutputConverter::OutputConverter(int bits, const OutputRange& range, const Imperfections& imperfections, Random random)
    : OutputConverter(bits, range) {
  if (bits == 0) return;
  kind_ = imperfections.kind;
  offset_ = kind_ == ConverterKind::ideal ? 0 : imperfections.offset * random.normal();
  const double mismatch = imperfections.mismatch;
  switch (kind_) {
    case ConverterKind::ideal:
      break;
    case ConverterKind::sar:
      for (int k = 0; k < bits; ++k) {
        const double units = std::exp2(k);
        parts_.push_back(units * (1 + mismatch / std::sqrt(units) * random.normal()));
      }
      break;
    case ConverterKind::ramp:
      parts_.push_back(0);
      for (int k = 0; k < highest_; ++k) parts_.push_back(parts_.back() + 1 + mismatch * random.normal());
      for (double& part : parts_) part *= highest_ / parts_.back();  // a ramp is adjusted to end where the range does
      break;
    case ConverterKind::cyclic:
      parts_.assign(static_cast<size_t>(bits), 2 * (1 - mismatch * random.normal()));
      break;
    case ConverterKind::pipeline:
      for (int k = 0; k < bits; ++k) parts_.push_back(2 * (1 - mismatch * random.normal()));
      break;
  }
}

int OutputConverter::code(double current) const {
  const double steps = (std::clamp(current, range_.low, range_.high) - range_.low) * steps_;
  switch (kind_) {
    case ConverterKind::ideal:
      return static_cast<int>(std::nearbyint(steps));
    case ConverterKind::sar:
      return std::min(sar(steps + offset_ * highest_), highest_);
    case ConverterKind::ramp:
      return ramp(steps + offset_ * highest_);
    case ConverterKind::cyclic:
    case ConverterKind::pipeline:
      return std::min(stages(steps), highest_);
  }
  return 0;
}

// Bits are tried from the highest; half a unit below, so that codes are the nearest.
int OutputConverter::sar(double steps) const {
  int code = 0;
  double sum = -0.5;
  for (int k = bits_; k-- > 0;) {
    const double capacitor = parts_[static_cast<size_t>(k)];
    if (steps < sum + capacitor) continue;
    sum += capacitor;
    code |= 1 << k;
  }
  return code;
}

int OutputConverter::ramp(double steps) const {
  const auto above = std::upper_bound(parts_.begin(), parts_.end(), steps);
  if (above == parts_.begin()) return 0;
  if (above == parts_.end()) return highest_;
  const auto below = above - 1;
  return static_cast<int>((steps - *below < *above - steps ? below : above) - parts_.begin());
}

// The residue r runs from -1 to 1, one bit a stage.
int OutputConverter::stages(double steps) const {
  const double half_range = std::exp2(bits_ - 1);
  double residue = (steps + 0.5) / half_range - 1;
  if (kind_ == ConverterKind::cyclic) {
    int code = 0;
    for (const double gain : parts_) {
      const bool up = residue >= 2 * offset_;
      code = 2 * code + (up ? 1 : 0);
      residue = gain * residue - (up ? 1 : -1);
    }
    return code;
  }
  // 1.5 bits: -1, 0 or 1 by thresholds at a quarter of the range; what a comparator is off by, later stages take back.
  double sum = 0;
  for (int k = 0; k < bits_; ++k) {
    const double gain = parts_[static_cast<size_t>(k)];
    const bool last = k + 1 == bits_;
    const double threshold = last ? 0 : 0.25;
    const int digit = residue >= threshold + 2 * offset_ ? 1 : (last || residue < -threshold + 2 * offset_) ? -1 : 0;
    sum += digit * std::exp2(bits_ - 1 - k);
    residue = gain * residue - digit;
  }
  return std::clamp(static_cast<int>(std::floor((sum + std::exp2(bits_) - 1) / 2)), 0, highest_);
}

}  // namespace flashcell::quant::cim
