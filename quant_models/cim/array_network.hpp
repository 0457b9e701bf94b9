#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quant_models/cim/converter_cost.hpp"
#include "quant_models/cim/layer_runner.hpp"
#include "quant_models/execute/executor.hpp"

// A network whose convolutions and fully connected layers run on arrays. All else is computed as without: sums,
// activations, pools, normalizations and biases are digital.
namespace flashcell::quant::cim {

/// By the names of nodes.
using Settings = std::map<std::string, LayerSettings>;
using PreparedLayers = std::map<std::string, std::shared_ptr<const PreparedLayer>>;

/// Whether the node's matrix goes into arrays: a convolution or fully connected layer.
bool is_on_arrays(const Node& node);
/// Those nodes, in order.
std::vector<NodeId> nodes_on_arrays(const Graph& graph);
/// The node's matrix as its layer computes with it; `storage` keeps the numbers.
ArrayWeights weights_of(const Node& node, Tensor& storage);

/// Programs all of a graph's matrices. The same graph, device, settings and seed give the same arrays. Throws Error
/// that names the layer, ModelError for a graph without any.
PreparedLayers program(const Graph& graph, const ArrayDevice& device, const Settings& settings, uint64_t seed);

/// Which picture is the first of the next run(): the noise of its reads depends on it, and on nothing else of the run.
/// The one who runs an executor sets it.
struct FirstItem {
  uint64_t number = 0;
};

/// Sees the currents in front of the converters of the node of this name.
using NodeObserver =
    std::function<void(const std::string& node, const CellArray& array, int output, std::span<const float> currents)>;

/// Steps on arrays for the nodes that `layers` has, the layers' own for the others. The factory and its steps share
/// `first` with whoever counts the pictures.
StepFactory array_steps(PreparedLayers layers, std::shared_ptr<const FirstItem> first, NodeObserver observer = {});

/// The converters, conversions and cells of each node, for one picture.
std::vector<ConverterUse> converter_uses(const Graph& graph, const ArrayDevice& device, const Settings& settings);

}  // namespace flashcell::quant::cim
