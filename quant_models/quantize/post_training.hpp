#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Which values are stored as integers.
enum class Places {
  after_activations,  ///< the values of activation layers only, as publications on quantization measure it
  every_value,        ///< all that is kept in memory: what integer hardware needs. A value that only a ReLU, clip or
                      ///< leaky ReLU reads is computed together with it and not stored.
};

/// What comes in and what goes out keeps so many bits unless told otherwise: scores of 4 bits tie.
inline constexpr int kLeastEndBits = 8;

/// Bits of one node where they are not those of all others; 0: those.
struct NodeBits {
  int weights = 0;
  int value = 0;  ///< of the value that the node makes
  bool operator==(const NodeBits&) const = default;
};

struct PostTrainingOptions {
  WeightOptions weights;
  CalibratorOptions activations;
  Places places = Places::every_value;
  bool quantize_input = true;              ///< every_value only
  std::optional<Quantization> input = {};  ///< how the first input is stored, whatever images show; none, and other
                                           ///< inputs: 8 bits or more of what they show
  int sum_bits = 0;          ///< of values that no activation makes (what an addition reads or gives, means); 0: as
                             ///< the others
  int output_bits = 0;       ///< of the values that the network hands out; 0: as the others, but no fewer than 8
  int residual_bits = 0;     ///< of the residual streams (residual_stream.hpp); 0: as sums
  int edge_weight_bits = 0;  ///< of the layers next to inputs and outputs (edge_layers()); 0: as the others
  std::map<std::string, NodeBits> node_bits = {};  ///< by a node's name; goes before all of the above
};

/// Layers with weights that stand next to an input or an output: no other layer with weights between them. In the
/// graph's order. A network with several heads has several last ones.
std::vector<NodeId> edge_layers(const Graph& graph);

/// Values that `options.activations` gives its bits: what activation layers make and what is joined of several values,
/// where it is stored and not handed out. In the graph's order.
std::vector<NodeId> activation_values(const Graph& graph, const PostTrainingOptions& options);

/// The network with weights and values quantized from what a few images show (`count` of them, as run_all() takes
/// them). Batch normalization is folded first (simplify). Weights keep their real numbers; their quantization is
/// attached. Values of layers that only move numbers are stored as their input is. What comes in and what goes out
/// keeps kLeastEndBits or more. The tail (output_tail.hpp) stays in real numbers.
/// Throws what collect_statistics(), calibrate() and simplify() throw, std::invalid_argument for `node_bits` of a node
/// that does not exist.
Graph quantize_post_training(const Graph& graph, std::span<const float> images, int64_t count,
                             const PostTrainingOptions& options);

/// The weights only.
Graph quantize_weights(Graph graph, const PostTrainingOptions& options);

/// The values only, by the given statistics of the same graph.
Graph quantize_values(Graph graph, const std::map<NodeId, Statistics>& statistics, const PostTrainingOptions& options);

}  // namespace flashcell::quant
