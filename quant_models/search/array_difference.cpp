#include "quant_models/search/array_difference.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant {
namespace {

size_t largest_of(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

ArrayDifferences::ArrayDifferences(const Graph& graph, std::span<const float> images, int64_t count,
                                   const RunAllOptions& run)
    : graph_(graph), images_(images), count_(count), run_(run), real_(run_all(graph, images, count, run)) {
  for (const float y : real_) power_ += std::pow(static_cast<double>(y), 2);
  power_ = std::max(power_, 1e-30);
}

ArrayDifferences::Outputs ArrayDifferences::outputs(
    int chips, const std::function<cim::PreparedLayers(int chip)>& programmed) const {
  Outputs all;
  for (int chip = 0; chip < chips; ++chip)
    all.push_back(cim::run_on_arrays(graph_, programmed(chip), images_, count_, run_));
  return all;
}

double ArrayDifferences::change(const Outputs& outputs, const Outputs& others) const {
  double sum = 0;
  for (size_t chip = 0; chip < outputs.size(); ++chip)
    for (size_t i = 0; i < outputs[chip].size(); ++i)
      sum += std::pow(static_cast<double>(outputs[chip][i]) - others.at(chip)[i], 2);
  return sum / power_ / static_cast<double>(outputs.size());
}

double ArrayDifferences::kept(const Outputs& outputs) const {
  const size_t classes = real_.size() / static_cast<size_t>(count_);
  int64_t same = 0;
  for (const std::vector<float>& chip : outputs)
    for (size_t i = 0; i < chip.size(); i += classes)
      same += largest_of(std::span(chip).subspan(i, classes)) == largest_of(std::span(real_).subspan(i, classes));
  return 100.0 * static_cast<double>(same) / static_cast<double>(count_ * static_cast<int64_t>(outputs.size()));
}

}  // namespace flashcell::quant
