#pragma once
#include <span>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Channels that can go without a change of any value that others read: those of a convolution, or outputs of a fully
/// connected layer, that reach the next dense layer with weights only through layers which keep channels apart.
struct ChannelChain {
  NodeId first = 0;             ///< makes the channels
  std::vector<NodeId> between;  ///< activations, pools, batch normalization, depthwise convolutions; in order
  NodeId last = 0;              ///< reads all of them
  int64_t channels = 0;
};

/// In the graph's order. Values that are handed out, or that several nodes read, begin and end no chain.
std::vector<ChannelChain> find_channel_chains(const Graph& graph);

/// The graph with only these channels of a chain, rising and at least one: a smaller one. The last layer's other inputs
/// are gone, so that it computes what it would with those channels 0. Names stay, node ids may not. Weights'
/// quantization of one scale, or one for each channel, follows. Throws std::invalid_argument for channels that are not
/// there.
Graph keep_channels(Graph graph, const ChannelChain& chain, std::span<const int64_t> kept);

}  // namespace flashcell::quant
