#include "quant_models/cim/range_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/cim/column_range.hpp"
#include "quant_models/cim/number_sample.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant::cim {
namespace {

// A fixed range beyond which a layer's currents lie says nothing of them. `reach`: the largest of them.
void check_fixed_range(const std::string& layer, const ArrayDevice& device, double reach) {
  constexpr double kLeastShare = 0.01;
  if (device.output.range != RangeRule::fixed || device.output.bound >= kLeastShare * reach) return;
  throw Error(Fault::usage,
              fmt::format("{}: its columns' currents reach {:.3g}, its converters' range ends at output.bound = {:g}: "
                          "nearly everything would be cut off; raise output.bound, or let output.range be calibrated",
                          printable(layer), reach, device.output.bound));
}

// A percentile that leaves next to nothing within the range. `what`: "inputs", "columns' currents".
void check_percentile(const std::string& layer, const char* what, const char* key, double percent, double share) {
  constexpr double kMostBeyond = 0.5;
  if (share <= kMostBeyond) return;
  throw Error(Fault::usage, fmt::format("{}: {} = {:g} leaves {:.0f} % of its {} beyond the converters' range: nearly "
                                        "everything would be cut off; raise it, as to 99.99",
                                        printable(layer), key, percent, 100 * share, what));
}

double magnitude(const NumberSample& sample, double percent) {
  return std::max(std::abs(sample.percentile(percent)), std::abs(sample.percentile(100 - percent)));
}

/// What passes through a network's arrays.
class Calibration {
 public:
  Calibration(const Graph& graph, const ArrayDevice& device, std::span<const float> images, int64_t count,
              const Settings& stated)
      : graph_(graph), device_(device), images_(images), count_(count), stated_(stated) {}

  Settings run() {
    find_limits();
    find_ranges();
    return std::move(settings_);
  }

 private:
  void find_limits() {
    std::map<NodeId, std::vector<std::string>> readers;
    for (const NodeId id : nodes_on_arrays(graph_)) readers[graph_.node(id).inputs[0]].push_back(graph_.node(id).name);
    std::map<NodeId, NumberSample> samples;
    run_all(graph_, images_, count_, kBatch, [&](NodeId id, std::span<const float> value) {
      if (readers.contains(id)) samples[id].add(value);
    });
    for (const auto& [id, names] : readers) {
      LayerSettings s;
      s.input_has_sign = samples[id].percentile(0) < 0;
      const double p = device_.input.percentile;
      s.input_limit = s.input_has_sign ? magnitude(samples[id], p) : samples[id].percentile(p);
      if (s.input_limit <= 0) s.input_limit = std::max(magnitude(samples[id], 100), 1e-6);
      if (device_.input.bits > 0)
        check_percentile(names.front(), "inputs", "input.percentile", p,
                         samples[id].share_beyond(s.input_has_sign ? -s.input_limit : 0, s.input_limit));
      for (const std::string& name : names) {
        const auto known = stated_.find(name);
        settings_[name] = known == stated_.end() ? s : known->second;
      }
    }
  }

  void find_ranges() {
    PreparedLayers layers;
    for (const NodeId id : nodes_on_arrays(graph_)) {
      Tensor storage;
      const ArrayWeights weights = weights_of(graph_.node(id), storage);
      layers[weights.name] =
          std::make_shared<const PreparedLayer>(program_ideally(weights, device_, settings_[weights.name]));
    }
    std::map<std::pair<std::string, int>, NumberSample> samples;
    const NodeObserver observer = [&](const std::string& node, const CellArray& array, int,
                                      std::span<const float> currents) {
      samples[{node, array.slice}].add(currents);
    };
    run_all(graph_, images_, count_, kBatch, {}, array_steps(layers, std::make_shared<FirstItem>(), observer));
    for (auto& [name, settings] : settings_) {
      const ArrayDevice own = device_.of_layer(name);
      for (int slice = 0; slice < own.slices(); ++slice) {
        const OutputRange range = column_range(samples[{name, slice}], own);
        if (own.output.range == RangeRule::calibrated && own.output.bits > 0)
          check_percentile(name, "columns' currents", "output.percentile", own.output.percentile,
                           samples[{name, slice}].share_beyond(range.low, range.high));
        check_fixed_range(name, own, std::max(std::abs(range.low), std::abs(range.high)));
        settings.output.push_back(range);
      }
    }
  }

  static constexpr int64_t kBatch = 8;
  const Graph& graph_;
  const ArrayDevice& device_;
  std::span<const float> images_;
  int64_t count_;
  const Settings& stated_;
  Settings settings_;
};

// Least and largest real number that a value's integers stand for.
std::pair<double, double> reach(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.quantization)
    throw ModelError(
        "'" + node.name +
        "' does not say how large it becomes, as quantized networks do; give pictures to find the ranges with");
  const Quantization& q = *node.quantization;
  double low = 0, high = 0;
  for (size_t i = 0; i < q.scale.size(); ++i) {
    const double scale = q.scale[i], zero = q.zero_point[i];
    const bool affine = q.kind == QuantizationKind::affine;
    low = std::min(low, affine ? scale * (q.lowest() - zero) : 0);
    high = std::max(high, affine ? scale * (q.highest() - zero) : scale);
  }
  return {low, high};
}

// Limits of what stands in front of a layer and of its weights.
LayerSettings limits_of(const Graph& graph, NodeId id, const ArrayDevice& device) {
  const Node& node = graph.node(id);
  const int weight_bits = device.of_layer(node.name).array.weight_bits;
  LayerSettings s;
  const auto [low, high] = reach(graph, node.inputs[0]);
  s.input_has_sign = low < 0;
  s.input_limit = std::max(std::abs(low), std::abs(high));
  const std::optional<Quantization>* weights = weight_quantization_of(node.layer);
  const int highest = (1 << (weight_bits - 1)) - 1;
  const bool stated = weights != nullptr && weights->has_value();
  if (stated && (*weights)->scale.size() == 1 && (*weights)->zero_point[0] == 0 && (*weights)->highest() == highest)
    s.weight_limit = static_cast<double>((*weights)->scale[0]) * highest;
  return s;
}

// The value that holds a layer's result: behind activations and the like that nothing else reads the layer without.
NodeId stored_result(const Graph& graph, NodeId id) {
  while (!graph.node(id).quantization) {
    const std::vector<NodeId> readers = graph.readers(id);
    if (readers.size() != 1 || graph.node(readers[0]).inputs.size() != 1) break;
    id = readers[0];
  }
  return id;
}

}  // namespace

Settings calibrate(const Graph& graph, const ArrayDevice& device, std::span<const float> images, int64_t count,
                   const Settings& stated) {
  return Calibration(graph, device, images, count, stated).run();
}

Settings stated_limits(const Graph& graph, const ArrayDevice& device) {
  Settings settings;
  for (const NodeId id : nodes_on_arrays(graph))
    if (graph.node(graph.node(id).inputs[0]).quantization) settings[graph.node(id).name] = limits_of(graph, id, device);
  return settings;
}

Settings stated_ranges(const Graph& graph, const ArrayDevice& device) {
  Settings settings;
  for (const NodeId id : nodes_on_arrays(graph)) {
    const Node& node = graph.node(id);
    LayerSettings s = limits_of(graph, id, device);
    const auto [least, most] = reach(graph, stored_result(graph, id));
    Tensor storage;
    const ArrayLayer ideal = program_ideally(weights_of(node, storage), device, s);
    double bias = 0;
    for (const float b : ideal.bias) bias = std::max(bias, std::abs(static_cast<double>(b)));
    const double sum = (std::max(std::abs(least), std::abs(most)) + bias) / ideal.scale;
    const ArrayDevice own = device.of_layer(node.name);
    for (int slice = 0; slice < own.slices(); ++slice) {
      const auto array =
          std::find_if(ideal.arrays.begin(), ideal.arrays.end(), [&](const CellArray& a) { return a.slice == slice; });
      // A slice's part of the sum; no more than all of its rows can give.
      const double range = std::min(sum / array->weight * std::exp2(slice * own.array.cell_bits),
                                    static_cast<double>(array->cells.rows));
      check_fixed_range(node.name, own, range);
      const bool pair = device.array.mapping == Mapping::pair;
      s.output.push_back({pair || s.input_has_sign ? -range : 0, range, pair});
    }
    settings[node.name] = s;
  }
  return settings;
}

}  // namespace flashcell::quant::cim
