#include "quant_models/cim/column_range.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {
namespace {

OutputRange between(double low, double high, const ArrayDevice& d) {
  const double most = std::max({std::abs(low), std::abs(high), 1e-9});
  if (d.array.mapping == Mapping::offset && low >= 0) return {0, most, false};
  const bool middle = std::abs(low + high) / 2 < (high - low) * std::exp2(-d.output.bits);
  if (d.output.symmetric || middle || low >= high) return {-most, most, true};
  return {low, high, false};
}

OutputRange between_percentiles(const std::vector<float>& sorted, double percent, const ArrayDevice& d) {
  return between(sorted[percentile_place(100 - percent, sorted.size())],
                 sorted[percentile_place(percent, sorted.size())], d);
}

// Of up to kNumbers of them, evenly spread.
double squared_error(const std::vector<float>& sorted, const OutputConverter& converter) {
  constexpr size_t kNumbers = 1 << 14;
  const size_t count = std::min(sorted.size(), kNumbers);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const double x = sorted[(2 * i + 1) * sorted.size() / (2 * count)];
    sum += std::pow(converter.converted(x) - x, 2);
  }
  return sum;
}

OutputRange least_error_range(const std::vector<float>& sorted, const ArrayDevice& d) {
  constexpr int kTried = 48;  // 25 % cut off, 19 %, ... a millionth
  OutputRange best = between_percentiles(sorted, 100, d);
  double least = squared_error(sorted, OutputConverter(d.output.bits, best));
  for (int i = 0; i < kTried; ++i) {
    const OutputRange range = between_percentiles(sorted, 100 - 25 * std::pow(10, -i / 9.0), d);
    const double error = squared_error(sorted, OutputConverter(d.output.bits, range));
    if (error >= least) continue;
    best = range;
    least = error;
  }
  return best;
}

}  // namespace

OutputRange column_range(const NumberSample& currents, const ArrayDevice& d) {
  if (d.output.range == RangeRule::least_error && d.output.bits > 0 && !currents.empty())
    return least_error_range(currents.sorted(), d);
  const double p = d.output.percentile;
  return between(currents.percentile(100 - p), currents.percentile(p), d);
}

}  // namespace flashcell::quant::cim
