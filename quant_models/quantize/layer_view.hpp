#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant {

/// Where the output numbers of a layer with weights lie for one image, and what they read. Places are pixels of a
/// convolution's output (transposed or not), rows of a fully connected layer's. Points into the graph.
class LayerView {
 public:
  LayerView(const Graph& graph, NodeId id);

  size_t channels() const { return channels_; }
  size_t depth() const { return depth_; }  ///< inputs of an output
  size_t groups() const { return groups_; }
  size_t places() const { return places_; }

  /// Index of a channel's number at a place, in one image's value.
  size_t index(size_t place, size_t channel) const {
    return planes() ? channel * places_ + place : place * channels_ + channel;
  }

  /// What the channels of a group read at a place, in the order of their weights; 0 beyond the edge.
  void gather(std::span<const float> image, size_t place, size_t group, std::vector<float>& inputs) const;

 private:
  /// Whether the channels are planes, not the last dimension.
  bool planes() const { return convolution_ != nullptr || transposed_ != nullptr; }
  void gather_transposed(std::span<const float> image, int64_t place, std::vector<float>& inputs) const;

  const Node& node_;
  Shape in_;
  const Convolution* convolution_ = nullptr;
  const TransposedConvolution* transposed_ = nullptr;
  size_t channels_ = 0, depth_ = 0, groups_ = 1, places_ = 0;
};

/// All places, or so many of them, each once, in ascending order.
std::vector<size_t> choose_places(size_t all, size_t wanted, Random random);

}  // namespace flashcell::quant
