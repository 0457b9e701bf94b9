#include "quant_models/calibrate/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

void widen(Statistics& s, std::span<const float> numbers) {
  float low = s.count == 0 ? numbers[0] : s.low, high = s.count == 0 ? numbers[0] : s.high;
  bool finite = true;
  for (const float x : numbers) {
    low = std::min(low, x);
    high = std::max(high, x);
    finite &= std::isfinite(x);
  }
  if (!finite) throw ModelError("calibration met a number that is not finite (NaN or infinity)");
  s.low = low;
  s.high = high;
  s.count += numbers.size();
}

void fill(Statistics& s, std::span<const float> numbers) {
  const double first = s.first(), width = s.width(), per_bin = width > 0 ? 1 / width : 0;
  for (const float x : numbers) {
    const int bin = static_cast<int>((x - first) * per_bin);
    ++s.histogram[static_cast<size_t>(std::clamp(bin, 0, Statistics::kBins - 1))];
  }
}

}  // namespace

Statistics statistics_of(std::span<const float> numbers) {
  if (numbers.empty()) throw std::invalid_argument("statistics: no numbers");
  Statistics s;
  widen(s, numbers);
  fill(s, numbers);
  return s;
}

std::map<NodeId, Statistics> collect_statistics(const Graph& graph, std::span<const float> images, int64_t count,
                                                int64_t batch) {
  if (count < 1) throw std::invalid_argument("calibration: the set of images is empty");
  std::map<NodeId, Statistics> statistics;
  run_all(graph, images, count, batch, [&](NodeId id, std::span<const float> value) {
    try {
      widen(statistics[id], value);
    } catch (const ModelError& e) {
      throw ModelError("node '" + graph.node(id).name + "': " + e.what());
    }
  });
  run_all(graph, images, count, batch, [&](NodeId id, std::span<const float> value) { fill(statistics[id], value); });
  return statistics;
}

}  // namespace flashcell::quant
