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

  /// Mean squared distance from the real numbers, over their power; the mean over chips.
  double noise(const Outputs& outputs) const;
  /// The same distance from the same chips' other outputs.
  double change(const Outputs& outputs, const Outputs& others) const;
  /// Percent of the pictures whose largest output is that of real numbers; the mean over chips.
  double kept(const Outputs& outputs) const;

 private:
  double distance(std::span<const float> a, std::span<const float> b) const;

  const Graph& graph_;
  std::span<const float> images_;
  int64_t count_;
  RunAllOptions run_;
  std::vector<float> real_;
  double power_ = 0;
};

}  // namespace flashcell::quant
