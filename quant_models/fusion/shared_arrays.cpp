#include "quant_models/fusion/shared_arrays.hpp"

#include <algorithm>

#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/graph/shared_weights.hpp"

namespace flashcell::quant {
namespace {

/// One set of converters for both; currents are of a full cell at the limit of the inputs.
void widen(cim::LayerSettings& to, cim::LayerSettings from) {
  const double limit = std::max(to.input_limit, from.input_limit);
  for (cim::LayerSettings* each : {&to, &from}) {
    for (cim::OutputRange& range : each->output) {
      range.low *= each->input_limit / limit;
      range.high *= each->input_limit / limit;
    }
  }
  to.input_limit = limit;
  to.input_has_sign = to.input_has_sign || from.input_has_sign;
  for (size_t i = 0; i < to.output.size(); ++i) {
    to.output[i].low = std::min(to.output[i].low, from.output[i].low);
    to.output[i].high = std::max(to.output[i].high, from.output[i].high);
  }
}

}  // namespace

Graph share_converters(Graph graph) {
  std::map<NodeId, Quantization> widest;
  const std::vector<NodeId> layers = cim::nodes_on_arrays(graph);
  for (const NodeId id : layers) {
    const std::optional<Quantization>& q = graph.node(id).quantization;
    if (!q) continue;
    const auto [found, is_new] = widest.try_emplace(weight_owner(graph, id), *q);
    if (!is_new && q->scale[0] > found->second.scale[0]) found->second = *q;
  }
  for (const NodeId id : layers)
    if (graph.node(id).quantization) graph.set_quantization(id, widest.at(weight_owner(graph, id)));
  return graph;
}

cim::PreparedLayers program_shared(const Graph& graph, const cim::ArrayDevice& device, int converter_bits,
                                   uint64_t seed) {
  cim::Settings settings = cim::stated_ranges(graph, device);
  std::map<std::string, std::string> owners;
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    const std::string& name = graph.node(id).name;
    owners[name] = graph.node(weight_owner(graph, id)).name;
    settings.at(name).output_bits = converter_bits;
    if (owners[name] != name) widen(settings.at(owners[name]), settings.at(name));
  }
  cim::PreparedLayers layers = cim::program(graph, device, settings, seed);
  for (const auto& [name, owner] : owners) layers[name] = layers.at(owner);
  return layers;
}

}  // namespace flashcell::quant
