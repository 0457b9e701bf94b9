#pragma once
#include <cstdint>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant::cim {

/// How a converter finds its code.
enum class ConverterKind {
  ideal,     ///< the nearest level
  sar,       ///< successive approximation: a binary-weighted sum of capacitors, compared bit by bit
  ramp,      ///< the first of a ramp's steps that is above
  cyclic,    ///< one stage again and again: compare, subtract, double
  pipeline,  ///< the same in a stage a bit, each with a redundant level (1.5 bits)
};
inline constexpr NamedValue<ConverterKind> kConverterKinds[] = {{ConverterKind::ideal, "ideal"},
                                                                {ConverterKind::sar, "sar"},
                                                                {ConverterKind::ramp, "ramp"},
                                                                {ConverterKind::cyclic, "cyclic"},
                                                                {ConverterKind::pipeline, "pipeline"}};

/// A range of currents and what it is divided into. With `zero_is_a_level`: sign and magnitude, 2^bits - 1 levels,
/// range symmetric about 0; else 2^bits levels from low to high, 0 is none of them.
struct OutputRange {
  double low = -1, high = 1;
  bool zero_is_a_level = true;

  int levels(int bits) const { return (1 << bits) - (zero_is_a_level ? 1 : 0); }
  bool operator==(const OutputRange&) const = default;
};

/// What makes codes of column currents. The current of code c is low + c (high - low) / (levels - 1); currents beyond
/// the range become its ends; half a step rounds to even. What is not ideal is drawn once a converter:
///   sar       capacitor of bit k is 2^k (1 + m N / sqrt(2^k)): Pelgrom's law for a capacitor of 2^k units
///   ramp      each step is 1 + m N units long; so the nonlinearity grows as a walk does
///   cyclic    the doubling is 2 (1 - g), comparator off by o of the range in every cycle
///   pipeline  the same, g drawn a stage and o corrected up to a quarter of the range by the redundant level
/// with m = mismatch, g = N mismatch, o = N offset. Laws: Razavi, Principles of Data Conversion System Design, 1995.
class OutputConverter {
 public:
  struct Imperfections {
    ConverterKind kind = ConverterKind::ideal;
    double mismatch = 0, offset = 0;  ///< standard deviations; offset over the range
  };

  OutputConverter() = default;
  /// bits 0: no converter. Throws Error(Fault::usage) for a range that is none.
  OutputConverter(int bits, const OutputRange& range);
  OutputConverter(int bits, const OutputRange& range, const Imperfections& imperfections, Random random);

  int bits() const { return bits_; }
  const OutputRange& range() const { return range_; }
  double steps_per_unit() const { return steps_; }
  int highest_code() const { return highest_; }

  /// Whether each code is the nearest level's.
  bool is_ideal() const { return kind_ == ConverterKind::ideal; }
  /// 0 .. levels - 1.
  int code(double current) const;
  double current(int code) const { return range_.low + code / steps_; }
  /// What a current is taken for; as it is without a converter.
  double converted(double value) const { return bits_ == 0 ? value : current(code(value)); }

 private:
  int sar(double part) const;
  int ramp(double part) const;
  int stages(double part) const;

  int bits_ = 0, highest_ = 0;
  OutputRange range_;
  double steps_ = 1;
  ConverterKind kind_ = ConverterKind::ideal;
  std::vector<double> parts_;  // capacitors, the ramp's levels or the stages' gains
  double offset_ = 0;
};

}  // namespace flashcell::quant::cim
