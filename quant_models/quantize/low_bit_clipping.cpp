#include "quant_models/quantize/low_bit_clipping.hpp"

#include <algorithm>

#include "quant_models/calibrate/statistics.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/quantize/module_bits.hpp"

namespace flashcell::quant {
namespace {

bool is_weighted(const Graph& graph, NodeId id) {
  return weight_of(graph.node(id).layer) != nullptr;
}

/// Whether a layer with weights reads the value, moved or not.
bool drives_rows(const Graph& graph, NodeId id) {
  const std::vector<NodeId> readers = graph.readers(id);
  return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
    return is_weighted(graph, reader) || (only_moves(graph.node(reader).layer) && drives_rows(graph, reader));
  });
}

/// Bits of a node's value; 0: it stays as it is.
int value_bits(const Graph& graph, NodeId id, const LowBitClippingOptions& o) {
  const Layer& layer = graph.node(id).layer;
  if (std::holds_alternative<Input>(layer)) return o.input_bits;
  if (std::holds_alternative<Constant>(layer) || only_moves(layer)) return 0;
  if (is_weighted(graph, id)) return o.converter_bits;
  return std::holds_alternative<Activation>(layer) || drives_rows(graph, id) ? o.activation_bits : 0;
}

/// As a pair of columns gives it: symmetric about 0 whatever was seen.
Quantization symmetric(const Quantization& q) {
  if (q.is_signed) return q;
  Quantization both = signed_quantization(q.bits, 1);
  both.scale[0] = q.scale[0] * static_cast<float>(q.highest()) / static_cast<float>(both.highest());
  return both;
}

/// By the owner of the weights: layers that share an array share its converters, whose range is the widest that one of
/// them asks for.
std::map<NodeId, Quantization> converter_ranges(const Graph& graph, const std::map<NodeId, Statistics>& statistics,
                                                int bits) {
  std::map<NodeId, Quantization> ranges;
  for (const NodeId id : graph.order()) {
    if (!is_weighted(graph, id)) continue;
    const Quantization q = symmetric(calibrate(statistics.at(id), {.bits = bits, .calibrator = Calibrator::mse}));
    const auto [found, is_new] = ranges.try_emplace(weight_owner(graph, id), q);
    if (!is_new && q.scale[0] > found->second.scale[0]) found->second = q;
  }
  return ranges;
}

}  // namespace

Graph quantize_low_bit(const Graph& graph, std::span<const float> examples, int64_t count,
                       const LowBitClippingOptions& options) {
  std::map<std::string, int> bits;
  for (const NodeId id : graph.order())
    if (is_weighted(graph, id)) bits[module_of(graph.node(id).name)] = options.weight_bits;
  for (const auto& [module, own] : options.module_weight_bits) bits[module] = own;
  const WeightOptions weights{.per_channel = false, .calibrator = Calibrator::mse};
  Graph quantized = quantize_modules(graph, bits, weights);
  const auto statistics = collect_statistics(graph, examples, count);
  const auto converters = converter_ranges(graph, statistics, options.converter_bits);
  for (const NodeId id : graph.order()) {
    const int own = value_bits(graph, id, options);
    if (own == 0) {
      if (only_moves(graph.node(id).layer))
        quantized.set_quantization(id, quantized.node(graph.node(id).inputs[0]).quantization);
      continue;
    }
    Quantization q = calibrate(statistics.at(id), {.bits = own, .calibrator = Calibrator::mse});
    if (is_weighted(graph, id)) q = converters.at(weight_owner(graph, id));
    quantized.set_quantization(id, std::holds_alternative<Input>(graph.node(id).layer) ? as_unsigned(q) : canonical(q));
  }
  return quantized;
}

}  // namespace flashcell::quant
