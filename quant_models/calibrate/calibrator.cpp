#include "quant_models/calibrate/calibrator.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

constexpr int kMostHistogramBits = 10;
constexpr int kLeastCalibratedBits = 2;  // of 1 bit no symmetric range is left
constexpr int kRatios = 128;             // parts of the whole range that are tried

struct Range {
  double low = 0, high = 0;
};

float usable_scale(double scale, bool power_of_two) {
  if (!(scale >= std::numeric_limits<float>::min())) return 1.0F;
  return static_cast<float>(power_of_two ? std::exp2(std::ceil(std::log2(scale))) : scale);
}

Quantization cover_asymmetric(const Range& range, int bits, bool power_of_two) {
  // 0 must be storable: padding is.
  const double low = std::min(range.low, 0.0), high = std::max(range.high, 0.0);
  Quantization q = unsigned_quantization(bits, 1);
  q.scale[0] = usable_scale((high - low) / q.highest(), power_of_two);
  const float zero_point = round_half_up(static_cast<float>(-low / q.scale[0]));
  q.zero_point[0] = std::clamp(static_cast<int32_t>(zero_point), q.lowest(), q.highest());
  return q;
}

Quantization cover(const Statistics& s, const Range& range, const CalibratorOptions& o) {
  if (s.is_unsigned()) {
    const Quantization form = unsigned_quantization(o.bits, 1);
    return unsigned_quantization(o.bits, usable_scale(range.high / form.highest(), o.power_of_two));
  }
  if (o.symmetry == Symmetry::symmetric) {
    const Quantization form = signed_quantization(o.bits, 1);
    return signed_quantization(o.bits, usable_scale(std::max(-range.low, range.high) / form.highest(), o.power_of_two));
  }
  return cover_asymmetric(range, o.bits, o.power_of_two);
}

Range whole(const Statistics& s) {
  return {s.low, s.high};
}

Range shrunk(const Statistics& s, int ratio) {
  return {s.low * static_cast<double>(ratio) / kRatios, s.high * static_cast<double>(ratio) / kRatios};
}

// The number below which the fraction lies of bins first, first+step, ...; weights(bin) counts.
template <class Count>
double quantile(const Statistics& s, int bins, double start, double width, double fraction, Count count) {
  const double wanted = fraction * static_cast<double>(s.count);
  double seen = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const auto here = static_cast<double>(count(bin));
    if (here > 0 && seen + here >= wanted) return start + (bin + std::clamp((wanted - seen) / here, 0.0, 1.0)) * width;
    seen += here;
  }
  return start + bins * width;
}

Range percentile_range(const Statistics& s, const CalibratorOptions& o) {
  const auto& h = s.histogram;
  constexpr int kHalf = Statistics::kBins / 2;
  const auto direct = [&](int bin) { return h[static_cast<size_t>(bin)]; };
  const auto folded = [&](int bin) {
    return h[static_cast<size_t>(kHalf + bin)] + h[static_cast<size_t>(kHalf - 1 - bin)];
  };
  if (s.is_unsigned())
    return {0, std::min<double>(s.high, quantile(s, Statistics::kBins, 0, s.width(), o.percentile, direct))};
  if (o.symmetry == Symmetry::symmetric) {
    const double most = std::min<double>(s.most(), quantile(s, kHalf, 0, s.width(), o.percentile, folded));
    return {-most, most};
  }
  const double rest = (1 - o.percentile) / 2;
  const auto at = [&](double fraction) {
    return quantile(s, Statistics::kBins, s.first(), s.width(), fraction, direct);
  };
  return {std::max<double>(s.low, at(rest)), std::min<double>(s.high, at(1 - rest))};
}

double squared_error(const Statistics& s, const Quantization& q) {
  double sum = 0;
  for (int bin = 0; bin < Statistics::kBins; ++bin) {
    if (s.histogram[static_cast<size_t>(bin)] == 0) continue;
    const auto x = static_cast<float>(s.centre(bin));
    const double error =
        x - dequantize(quantize(x, q.scale[0], q.zero_point[0], q.lowest(), q.highest()), q.scale[0], q.zero_point[0]);
    sum += error * error * static_cast<double>(s.histogram[static_cast<size_t>(bin)]);
  }
  return sum;
}

// Divergence of the stored distribution from the real one. Stored: what an integer's bins hold, spread evenly over
// those of its bins that are not empty. Real: the histogram with everything beyond the integers' range in its last
// bins.
double divergence(const Statistics& all, const Quantization& q) {
  Statistics s = all;
  if (s.is_unsigned()) {
    s.count += s.histogram[1] - s.histogram[0];
    s.histogram[0] = s.histogram[1];
  }
  std::array<double, Statistics::kBins> real{};
  std::vector<double> held(static_cast<size_t>(q.highest() - q.lowest()) + 1, 0), used(held.size(), 0);
  std::array<int, Statistics::kBins> integer{};
  const double low = q.scale[0] * (q.lowest() - q.zero_point[0] - 0.5),
               high = q.scale[0] * (q.highest() - q.zero_point[0] + 0.5);
  const auto bin_at = [&](double x) {
    return std::clamp(static_cast<int>((x - s.first()) / s.width()), 0, Statistics::kBins - 1);
  };
  const int first = bin_at(std::max(low, s.first())),
            last = bin_at(std::min(high, static_cast<double>(s.most())) - s.width() / 2);
  for (int bin = 0; bin < Statistics::kBins; ++bin) {
    const auto count = static_cast<double>(s.histogram[static_cast<size_t>(bin)]);
    real[static_cast<size_t>(std::clamp(bin, first, last))] += count;
    const int at =
        quantize(static_cast<float>(s.centre(bin)), q.scale[0], q.zero_point[0], q.lowest(), q.highest()) - q.lowest();
    integer[static_cast<size_t>(bin)] = at;
    if (bin < first || bin > last || count == 0) continue;
    held[static_cast<size_t>(at)] += count;
    used[static_cast<size_t>(at)] += 1;
  }
  double inside = 0;
  for (const double count : held) inside += count;
  if (inside == 0) return std::numeric_limits<double>::infinity();
  constexpr double kLeast = 1e-10;  // stands for an empty stored bin
  double sum = 0;
  for (int bin = first; bin <= last; ++bin) {
    const auto at = static_cast<size_t>(integer[static_cast<size_t>(bin)]);
    const double p = real[static_cast<size_t>(bin)] / static_cast<double>(s.count);
    if (p == 0) continue;
    const bool empty = s.histogram[static_cast<size_t>(bin)] == 0;
    sum += p * std::log(p / (empty ? kLeast : held[at] / used[at] / inside));
  }
  return sum;
}

// The range, shrunk towards 0 by steps, for which `loss` is least; the widest of equals.
Quantization best_of(const Statistics& s, const CalibratorOptions& o,
                     double (*loss)(const Statistics&, const Quantization&)) {
  Quantization best = cover(s, whole(s), o);
  if (o.bits > kMostHistogramBits || !(s.most() > 0)) return best;
  double least = loss(s, best);
  for (int ratio = kRatios - 1; ratio > 0; --ratio) {
    Quantization candidate = cover(s, shrunk(s, ratio), o);
    const double now = loss(s, candidate);
    if (!(now < least)) continue;
    least = now;
    best = std::move(candidate);
  }
  return best;
}

void check(const CalibratorOptions& o) {
  if (o.bits < kLeastCalibratedBits || o.bits > kMaxBits)
    throw std::invalid_argument("calibration: bits must be 2 to 16");
  if (!(o.percentile > 0 && o.percentile <= 1))
    throw std::invalid_argument("calibration: the percentile must be above 0, up to 1");
}

float symmetric_weight_scale(std::span<const float> weights, const WeightOptions& o) {
  float most = 0;
  for (const float w : weights) most = std::max(most, std::abs(w));
  const int highest = (1 << (o.bits - 1)) - 1;
  float best = usable_scale(most / static_cast<double>(highest), o.power_of_two);
  if (o.calibrator == Calibrator::min_max || most == 0) return best;
  double least = mean_squared_error(weights, weight_quantization(o.bits, {best}));
  for (int ratio = kRatios - 1; ratio > kRatios / 8; --ratio) {
    const float scale = usable_scale(static_cast<double>(most) * ratio / kRatios / highest, o.power_of_two);
    const double now = mean_squared_error(weights, weight_quantization(o.bits, {scale}));
    if (!(now < least)) continue;
    least = now;
    best = scale;
  }
  return best;
}

Quantization one_scale(std::span<const float> weights, const WeightOptions& o) {
  if (o.symmetry == Symmetry::symmetric) return weight_quantization(o.bits, {symmetric_weight_scale(weights, o)});
  const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
  return cover_asymmetric({*low, *high}, o.bits, o.power_of_two);
}

}  // namespace

Quantization calibrate(const Statistics& s, const CalibratorOptions& o) {
  check(o);
  if (s.count == 0) throw std::invalid_argument("calibration: no numbers were seen");
  switch (o.calibrator) {
    case Calibrator::percentile:
      return cover(s, percentile_range(s, o), o);
    case Calibrator::mse:
      return best_of(s, o, squared_error);
    case Calibrator::entropy:
      return best_of(s, o, divergence);
    case Calibrator::min_max:
      break;
  }
  return cover(s, whole(s), o);
}

Quantization calibrate_weights(const Tensor& weight, const WeightOptions& o) {
  if (o.bits < kLeastCalibratedBits || o.bits > kMaxBits)
    throw std::invalid_argument("calibration: bits must be 2 to 16");
  const bool known =
      o.calibrator == Calibrator::min_max || (o.calibrator == Calibrator::mse && o.symmetry == Symmetry::symmetric);
  if (!known) throw std::invalid_argument("calibration: weights take min_max, or mse where symmetric");
  const std::span<const float> all(weight.values);
  const size_t channels = o.per_channel ? static_cast<size_t>(weight.shape.at(0)) : 1, each = all.size() / channels;
  Quantization q = one_scale(all.first(each), o);
  for (size_t c = 1; c < channels; ++c) {
    const Quantization next = one_scale(all.subspan(c * each, each), o);
    q.scale.push_back(next.scale[0]);
    q.zero_point.push_back(next.zero_point[0]);
  }
  return q;
}

double mean_squared_error(std::span<const float> numbers, const Quantization& q) {
  double sum = 0;
  for (const float x : numbers) {
    const double error = x - dequantize(quantize(x, q.scale.at(0), q.zero_point.at(0), q.lowest(), q.highest()),
                                        q.scale[0], q.zero_point[0]);
    sum += error * error;
  }
  return numbers.empty() ? 0 : sum / static_cast<double>(numbers.size());
}

}  // namespace flashcell::quant
