#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// How the numbers of one value are spread: their range, and counts in bins of equal width that cover
/// [0, most] where no number is below 0, else [-most, most], most = the largest magnitude.
struct Statistics {
  static constexpr int kBins = 2048;

  float low = 0, high = 0;
  std::array<uint64_t, kBins> histogram{};
  uint64_t count = 0;

  bool is_unsigned() const { return low >= 0; }
  float most() const { return low < 0 && -low > high ? -low : high; }
  /// Where the first bin begins, and the width of a bin.
  double first() const { return is_unsigned() ? 0.0 : -static_cast<double>(most()); }
  double width() const { return (most() - first()) / kBins; }
  double centre(int bin) const { return first() + (bin + 0.5) * width(); }
};

/// Statistics of some numbers. Throws std::invalid_argument on none, ModelError on one that is not finite.
Statistics statistics_of(std::span<const float> numbers);

/// Statistics of every value of the graph over `count` images (one after the other, as run_all() takes them), by node.
/// Two runs over the images. Throws std::invalid_argument on an empty calibration set, ModelError where a value is not
/// finite.
std::map<NodeId, Statistics> collect_statistics(const Graph& graph, std::span<const float> images, int64_t count,
                                                int64_t batch = 25);

}  // namespace flashcell::quant
