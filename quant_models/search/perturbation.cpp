#include "quant_models/search/perturbation.hpp"

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return sum;
}

Quantization weight_scales(const Tensor& weight, const PostTrainingOptions& options, int bits) {
  WeightOptions own = options.weights;
  own.bits = bits;
  return calibrate_weights(weight, own);
}

Quantization value_scales(const PerturbationInput& input, NodeId value, int bits) {
  CalibratorOptions own = input.options.activations;
  own.bits = bits;
  return canonical(calibrate(input.statistics.at(value), own));
}

// visit(layer) for every layer with weights, visit(value) for every chosen value.
template <class OfLayer, class OfValue>
void for_each(std::span<const SearchGroup> groups, OfLayer of_layer, OfValue of_value) {
  for (const SearchGroup& group : groups) {
    if (group.chosen) of_value(group.value);
    for (const SearchLayer& layer : group.layers) of_layer(layer.node);
  }
}

/// Outputs of a network, value by value, over all images.
std::map<NodeId, std::vector<float>> outputs_of(const Graph& graph, const PerturbationInput& input) {
  std::map<NodeId, std::vector<float>> outputs;
  run_all(graph, input.images, input.count, 32, [&](NodeId id, std::span<const float> value) {
    if (graph.is_output(id)) outputs[id].insert(outputs[id].end(), value.begin(), value.end());
  });
  return outputs;
}

double sensitivity_of(const Graph& graph, NodeId node, const std::map<std::string, double>& sensitivities) {
  const auto found = sensitivities.find(graph.node(node).name);
  if (found == sensitivities.end())
    throw ModelError("node '" + graph.node(node).name + "': nothing is known of how much it matters");
  return found->second;
}

}  // namespace

OutputNoise::OutputNoise(const PerturbationInput& input)
    : input_(input), heads_(remove_output_tail(input.real)), real_(outputs_of(heads_, input)) {}

double OutputNoise::operator()(const Graph& changed) const {
  const auto now = outputs_of(changed, input_);
  double sum = 0;
  for (const auto& [id, value] : real_) {
    double power = 0;
    for (const float x : value) power += static_cast<double>(x) * x;
    const double noise = squared_distance(value, now.at(id));
    sum += power > 0 ? noise / power : noise;
  }
  return sum / static_cast<double>(real_.size());
}

PerturbationTable rounding_errors(const PerturbationInput& input, std::span<const SearchGroup> groups,
                                  const BitChoices& choices) {
  PerturbationTable table;
  std::map<NodeId, std::map<int, Quantization>> scales;
  for_each(
      groups,
      [&](NodeId layer) {
        const Tensor& weight = *weight_of(input.real.node(layer).layer);
        for (const int bits : choices.weights)
          table.weights[layer][bits] =
              squared_distance(weight.values, effective(weight, weight_scales(weight, input.options, bits)).values);
      },
      [&](NodeId value) {
        for (const int bits : choices.values) scales[value][bits] = value_scales(input, value, bits);
      });
  std::vector<float> stored;
  run_all(input.real, input.images, input.count, 32, [&](NodeId id, std::span<const float> value) {
    const auto found = scales.find(id);
    if (found == scales.end()) return;
    for (const auto& [bits, quantization] : found->second) {
      stored.assign(value.begin(), value.end());
      fake_quantize(stored, {static_cast<int64_t>(stored.size())}, quantization);
      table.values[id][bits] += squared_distance(value, stored) / static_cast<double>(input.count);
    }
  });
  return table;
}

PerturbationTable output_noise(const PerturbationInput& input, std::span<const SearchGroup> groups,
                               const BitChoices& choices,
                               const std::function<void(size_t done, size_t all)>& progress) {
  const OutputNoise noise(input);
  size_t all = 0, done = 0;
  for_each(
      groups, [&](NodeId) { all += choices.weights.size(); }, [&](NodeId) { all += choices.values.size(); });
  const auto measure = [&](const Graph& changed) {
    if (progress) progress(done++, all);
    return noise(changed);
  };
  PerturbationTable table;
  for_each(
      groups,
      [&](NodeId node) {
        for (const int bits : choices.weights) {
          Graph changed = noise.heads();
          Layer layer = changed.node(node).layer;
          *weight_quantization_of(layer) = weight_scales(*weight_of(layer), input.options, bits);
          changed.replace(node, std::move(layer));
          table.weights[node][bits] = measure(changed);
        }
      },
      [&](NodeId value) {
        for (const int bits : choices.values) {
          Graph changed = noise.heads();
          changed.set_quantization(value, value_scales(input, value, bits));
          table.values[value][bits] = measure(changed);
        }
      });
  return table;
}

PerturbationTable weighted(const Graph& graph, PerturbationTable table, const Sensitivities& sensitivities) {
  for (auto& [node, by_bits] : table.weights)
    for (auto& [bits, cost] : by_bits) cost *= sensitivity_of(graph, node, sensitivities.weights);
  for (auto& [node, by_bits] : table.values)
    for (auto& [bits, cost] : by_bits) cost *= sensitivity_of(graph, node, sensitivities.values);
  return table;
}

PerturbationTable published_perturbations(const Graph& real, std::span<const SearchGroup> groups,
                                          const BitChoices& choices, const Sensitivities& sensitivities) {
  PerturbationTable table;
  const auto perturbation = [&](NodeId layer, int bits) {
    const Tensor& weight = *weight_of(real.node(layer).layer);
    const WeightOptions options{.bits = bits, .per_channel = false, .symmetry = Symmetry::asymmetric};
    const Tensor stored = effective(weight, calibrate_weights(weight, options));
    return sensitivity_of(real, layer, sensitivities.weights) *
           std::sqrt(squared_distance(weight.values, stored.values));
  };
  for (const SearchGroup& group : groups)
    for (const SearchLayer& layer : group.layers) {
      for (const int bits : choices.weights) table.weights[layer.node][bits] = perturbation(layer.node, bits);
      if (!group.chosen) continue;
      for (const int bits : choices.values) table.values[group.value][bits] += perturbation(layer.node, bits);
    }
  return table;
}

}  // namespace flashcell::quant
