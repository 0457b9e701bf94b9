#pragma once
#include "quant_models/quantize/channel_removal.hpp"
#include "quant_models/train/tuning.hpp"

namespace flashcell::quant {

struct PruningOptions {
  double share = 0.3;                                          ///< of every chain's channels that go, below 1
  TuningOptions layer = {.steps = 20, .learning_rate = 3e-4};  ///< behind each chain
  TuningOptions all = {.steps = 200, .learning_rate = 3e-4};   ///< at the end
};

/// How much each channel of a chain matters, all together 3: the sum of three shares, over images. Reconstruction:
/// the power that the channel brings to the last layer's sums, E[x^2] ||w||^2 (w: its weights there). Feature
/// distribution: what it brings to their mean and variance, E[x]^2 ||sum of w over a window||^2 + Var[x] ||w||^2.
/// Classification: mean over images of |sum of g x|, g the gradient of the answer's cross entropy (Molchanov et al.,
/// ICLR 2017). The three losses are those of multi-loss channel pruning; these forms are ours.
std::vector<double> channel_scores(const Graph& graph, const ChannelChain& chain, std::span<const float> images,
                                   int64_t count);

/// A chain that was pruned, by its first layer's name.
struct PrunedChain {
  std::string layer;
  int64_t before = 0, after = 0;
};

struct PruningResult {
  Graph graph;
  std::vector<PrunedChain> chains;
};

/// Chain by chain (find_channel_chains()) the channels that matter least go, and the network is tuned to answer as the
/// real one (tune()), with the last layer's sums alike in values and distribution; at the end once more, with answers
/// only. The graph really gets smaller. Equal arguments give equal bytes on one machine. Throws ModelError for a
/// network without such a chain, std::invalid_argument for a share out of range, and what tune() throws.
PruningResult prune_channels(const Graph& real, std::span<const float> images, int64_t count,
                             const PruningOptions& options,
                             const std::function<void(const std::string& what)>& progress = {});

}  // namespace flashcell::quant
