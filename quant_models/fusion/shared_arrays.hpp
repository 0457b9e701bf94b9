#pragma once
#include "quant_models/cim/array_network.hpp"

// Networks some of whose layers have the same weights (graph/shared_weights.hpp) on arrays: such layers are one array,
// with one set of converters.
namespace flashcell::quant {

/// The graph, in which the results of layers that share their weights have one quantization: the one that reaches
/// farthest. Others stay as they are.
Graph share_converters(Graph graph);

/// Programs a quantized graph. Ranges are those that its values state (cim::stated_ranges()), of shared arrays the
/// widest; output converters have `converter_bits`. The same graph, device and seed give the same arrays. Throws as
/// cim::stated_ranges() and cim::program().
cim::PreparedLayers program_shared(const Graph& graph, const cim::ArrayDevice& device, int converter_bits,
                                   uint64_t seed);

}  // namespace flashcell::quant
