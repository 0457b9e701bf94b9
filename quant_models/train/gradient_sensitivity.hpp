#pragma once
#include <cstdint>
#include <span>

#include "quant_models/graph/graph.hpp"
#include "quant_models/search/sensitivity.hpp"

namespace flashcell::quant {

struct GradientOptions {
  GradientMeasure measure = GradientMeasure::connection;
  uint64_t seed = 1;   ///< of weights and probes that are drawn
  int64_t batch = 32;  ///< images at a time; connection takes one at a time
  int probes = 16;     ///< of Hutchinson's estimator, each on all images
};

/// Of a network in real numbers with one input and one output, from `count` images as run_all() takes them. Equal
/// arguments give equal numbers. Throws ModelError for a network that cannot be trained, std::invalid_argument for
/// options below 1 or no images.
Sensitivities gradient_sensitivities(const Graph& graph, std::span<const float> images, int64_t count,
                                     const GradientOptions& options);

}  // namespace flashcell::quant
