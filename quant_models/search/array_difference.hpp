#pragma once
#include <functional>
#include <span>
#include <vector>

#include "quant_models/cim/evaluate.hpp"

namespace flashcell::quant {

/// What a network gives on several chips for `count` images, next to what it gives in real numbers. Needs no labels.
class ArrayDifferences {
 public:
  using Outputs = std::vector<std::vector<float>>;  ///< of each chip

  ArrayDifferences(const Graph& graph, std::span<const float> images, int64_t count, const RunAllOptions& run);

  /// `programmed` gives the arrays of chip 0 .. chips - 1.
  Outputs outputs(int chips, const std::function<cim::PreparedLayers(int chip)>& programmed) const;

  /// Mean squared distance from the same chips' other outputs, over the power of real numbers'; the mean over chips.
  double change(const Outputs& outputs, const Outputs& others) const;
  /// Percent of the pictures whose largest output is that of real numbers; the mean over chips.
  double kept(const Outputs& outputs) const;

 private:
  const Graph& graph_;
  std::span<const float> images_;
  int64_t count_;
  RunAllOptions run_;
  std::vector<float> real_;
  double power_ = 0;
};

}  // namespace flashcell::quant
