#pragma once
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "quant_models/calibrate/statistics.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/search/search_space.hpp"
#include "quant_models/search/sensitivity.hpp"

// How far a choice of bits takes a network from the real one.
namespace flashcell::quant {

/// What perturbations are measured with.
struct PerturbationInput {
  const Graph& real;  ///< simplified, in real numbers
  std::span<const float> images;
  int64_t count = 0;
  const std::map<NodeId, Statistics>& statistics;  ///< of `real`'s values on the images
  const PostTrainingOptions& options;              ///< how scales are chosen
};

/// Squared distance between what is stored and the real numbers: ||Q(W) - W||^2 of every layer, ||Q(A) - A||^2 of every
/// chosen value, the mean over the images.
PerturbationTable rounding_errors(const PerturbationInput& input, std::span<const SearchGroup> groups,
                                  const BitChoices& choices);

/// Noise of the network's outputs, over their power, where one layer's weights or one value alone have so many bits;
/// the mean over the outputs, before their tail (output_tail.hpp). Needs a run over the images for each choice of each
/// node. `progress` hears how many of all are done.
PerturbationTable output_noise(const PerturbationInput& input, std::span<const SearchGroup> groups,
                               const BitChoices& choices,
                               const std::function<void(size_t done, size_t all)>& progress = {});

/// Noise over power of a changed network's outputs, the mean over them, before their tail.
class OutputNoise {
 public:
  explicit OutputNoise(const PerturbationInput& input);

  /// The network without its tail.
  const Graph& heads() const { return heads_; }

  /// Of a network whose outputs are those nodes of heads().
  double operator()(const Graph& changed) const;

 private:
  PerturbationInput input_;
  Graph heads_;
  std::map<NodeId, std::vector<float>> real_;
};

/// Each entry times its node's sensitivity. Throws ModelError for a node without one.
PerturbationTable weighted(const Graph& graph, PerturbationTable table, const Sensitivities& sensitivities);

/// The perturbations of HTQ's public code (zkkli/HTQ, pareto_frontier.py and utils/pareto_utils.py): the layer's
/// sensitivity times ||Q(W) - W||_2 with one asymmetric scale from the lowest to the highest weight; the value that a
/// layer reads counts as that layer's weights at the value's bits.
PerturbationTable published_perturbations(const Graph& real, std::span<const SearchGroup> groups,
                                          const BitChoices& choices, const Sensitivities& sensitivities);

}  // namespace flashcell::quant
