#include "quant_models/quantize/bias_correction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/only_reader.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kMeanBatch = 25;
constexpr size_t kMostPlaces = 1024;  // of a channel that are looked at in an image
constexpr int kMostSteps = 12;        // towards a channel's mean
constexpr double kLeastSlope = 0.05;  // a smaller share of places that follow the bias says little of how far to go

/// What a layer's sums go through before anybody else reads them.
struct Path {
  NodeId layer = 0;
  std::optional<NodeId> sum, activation;  ///< with another value; ReLU, clip or leaky ReLU behind that

  NodeId end() const { return activation ? *activation : sum ? *sum : layer; }
};

Path path_from(const Graph& graph, NodeId layer) {
  Path path{layer, {}, {}};
  std::optional<NodeId> next = only_reader(graph, layer);
  if (next && std::holds_alternative<Add>(graph.node(*next).layer)) {
    const Node& add = graph.node(*next);
    const auto same_shape = [&](NodeId input) { return graph.node(input).shape == add.shape; };
    if (add.inputs.size() != 2 || add.inputs[0] == add.inputs[1] ||
        !std::all_of(add.inputs.begin(), add.inputs.end(), same_shape))
      return path;
    path.sum = next;
    next = only_reader(graph, *next);
  }
  const Activation* a = next ? std::get_if<Activation>(&graph.node(*next).layer) : nullptr;
  const bool bends = a != nullptr && (a->kind == ActivationKind::relu || a->kind == ActivationKind::clip ||
                                      a->kind == ActivationKind::leaky_relu);
  if (bends) path.activation = next;
  return path;
}

/// Which numbers of a layer's value are looked at, channel by channel: the second dimension of convolutions, the last
/// of fully connected layers.
class OutputPlaces {
 public:
  explicit OutputPlaces(const Node& node) : channels_(static_cast<size_t>(weight_of(node.layer)->shape[0])) {
    if (!std::holds_alternative<FullyConnected>(node.layer))
      for (size_t i = 2; i < node.shape.size(); ++i) inner_ *= static_cast<size_t>(node.shape[i]);
    step_ = (inner_ + kMostPlaces - 1) / kMostPlaces;
  }

  size_t channels() const { return channels_; }

  /// Appends the numbers looked at to those of their channels.
  void collect(std::span<const float> value, std::vector<std::vector<float>>& by_channel) const {
    by_channel.resize(channels_);
    for (size_t i = 0; i < value.size(); i += inner_) {
      std::vector<float>& numbers = by_channel[i / inner_ % channels_];
      for (size_t k = 0; k < inner_; k += step_) numbers.push_back(value[i + k]);
    }
  }

 private:
  size_t channels_, inner_ = 1, step_ = 1;
};

using ByChannel = std::vector<std::vector<float>>;

double mean(const std::vector<float>& numbers) {
  double sum = 0;
  for (const float x : numbers) sum += static_cast<double>(x);
  return sum / static_cast<double>(numbers.size());
}

// What it takes to compute one node, its own value not yet stored as integers.
Graph unstored_up_to(Graph graph, NodeId id) {
  graph.set_quantization(id, std::nullopt);
  graph.remove_outputs();
  graph.add_output("value", id);
  graph.remove_unused();
  return graph;
}

ByChannel values_of(const Graph& graph, NodeId id, const OutputPlaces& places, std::span<const float> images,
                    int64_t count) {
  ByChannel values;
  run_all(unstored_up_to(graph, id), images, count, kMeanBatch, [&](NodeId seen, std::span<const float> value) {
    if (seen == id) places.collect(value, values);
  });
  return values;
}

/// y = x between low and high, beyond them constant; below 0 x is taken `slope` times first.
struct Rectifier {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity(), slope = 1;
};

Rectifier rectifier_of(const Activation& a) {
  switch (a.kind) {
    case ActivationKind::relu:
      return {.low = 0};
    case ActivationKind::clip:
      return {.low = a.low, .high = a.high};
    case ActivationKind::leaky_relu:
      return {.slope = a.slope};
    default:
      return {};
  }
}

struct MeanAndSlope {
  double mean = 0, slope = 0;  ///< of a channel's values, and of the mean over the bias
};

// The rectified numbers, each moved by `shift` first.
MeanAndSlope rectified(const std::vector<float>& numbers, const Rectifier& r, double shift) {
  MeanAndSlope result;
  for (const float number : numbers) {
    const float x = number + static_cast<float>(shift), bent = x < 0 ? r.slope * x : x;
    result.mean += static_cast<double>(std::clamp(bent, r.low, r.high));
    if (bent > r.low && bent < r.high) result.slope += x < 0 ? static_cast<double>(r.slope) : 1.0;
  }
  result.mean /= static_cast<double>(numbers.size());
  result.slope /= static_cast<double>(numbers.size());
  return result;
}

// What to add to a channel's bias so that its rectified numbers come closest to a mean: Newton's method on a function
// that never falls.
double shift_towards(double wanted, const std::vector<float>& numbers, const Rectifier& r) {
  double shift = 0, best = 0, least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kMostSteps; ++step) {
    const MeanAndSlope now = rectified(numbers, r, shift);
    const double missing = wanted - now.mean;
    if (!(std::abs(missing) < least)) break;
    least = std::abs(missing);
    best = shift;
    shift += missing / std::max(now.slope, kLeastSlope);
  }
  return best;
}

/// Means of all paths' ends in the real network, by the layers' names, channel by channel.
std::map<std::string, std::vector<double>> real_means(const Graph& real, std::span<const float> images, int64_t count) {
  std::map<NodeId, std::vector<std::pair<NodeId, OutputPlaces>>> ends;  // the layers that end there
  for (const NodeId id : real.order())
    if (weight_of(real.node(id).layer) != nullptr)
      ends[path_from(real, id).end()].emplace_back(id, OutputPlaces(real.node(id)));
  std::map<NodeId, std::vector<double>> sums;
  std::map<NodeId, double> numbers;  // of each channel
  run_all(real, images, count, kMeanBatch, [&](NodeId id, std::span<const float> value) {
    const auto found = ends.find(id);
    if (found == ends.end()) return;
    for (const auto& [layer, places] : found->second) {
      ByChannel values;
      places.collect(value, values);
      sums[layer].resize(values.size(), 0);
      for (size_t c = 0; c < values.size(); ++c)
        sums[layer][c] += mean(values[c]) * static_cast<double>(values[c].size());
      numbers[layer] += static_cast<double>(values[0].size());
    }
  });
  std::map<std::string, std::vector<double>> means;
  for (auto& [layer, of_channels] : sums) {
    for (double& sum : of_channels) sum /= numbers[layer];
    means[real.node(layer).name] = std::move(of_channels);
  }
  return means;
}

// The layer with its channels' shifts in its bias.
Layer corrected(const Graph& quantized, const Path& path, const std::vector<double>& wanted,
                std::span<const float> images, int64_t count) {
  Layer layer = quantized.node(path.layer).layer;
  const OutputPlaces places(quantized.node(path.layer));
  Rectifier rectifier;
  if (path.activation) rectifier = rectifier_of(std::get<Activation>(quantized.node(*path.activation).layer));
  const ByChannel values = values_of(quantized, path.sum.value_or(path.layer), places, images, count);
  Tensor& bias = *bias_of(layer);
  const auto channels = static_cast<int64_t>(places.channels());
  if (bias.empty()) bias = {{channels}, std::vector<float>(places.channels(), 0.0F)};
  for (size_t c = 0; c < places.channels(); ++c)
    bias.values[c] += static_cast<float>(shift_towards(wanted[c], values[c], rectifier));
  return layer;
}

// Of all outputs together, each in units of its own power.
double sqnr_of_outputs_db(const Graph& real, const Graph& quantized, std::span<const float> images, int64_t count) {
  const auto outputs_of = [&](const Graph& graph) {
    std::map<std::string, std::vector<float>> outputs;
    run_all(graph, images, count, kMeanBatch, [&](NodeId id, std::span<const float> value) {
      for (const Output& output : graph.outputs())
        if (output.node == id) outputs[output.name].insert(outputs[output.name].end(), value.begin(), value.end());
    });
    return outputs;
  };
  const auto expected = outputs_of(real), found = outputs_of(quantized);
  double noise = 0;
  for (const auto& [name, numbers] : expected) {
    const std::vector<float>& others = found.at(name);
    double power = 0, error = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
      const double x = static_cast<double>(numbers[i]), difference = x - static_cast<double>(others[i]);
      power += x * x;
      error += difference * difference;
    }
    if (error > 0) noise += power > 0 ? error / power : 1;
  }
  return 10 * std::log10(static_cast<double>(expected.size()) / noise);
}

}  // namespace

BiasCorrection correct_biases(const Graph& real, const Graph& quantized, std::span<const float> images, int64_t count) {
  const std::map<std::string, std::vector<double>> means = real_means(real, images, count);
  BiasCorrection result{quantized};
  for (const NodeId id : quantized.order()) {
    if (weight_of(quantized.node(id).layer) == nullptr) continue;
    const auto wanted = means.find(quantized.node(id).name);
    if (wanted == means.end())
      throw ModelError("bias correction: the real network has no layer '" + quantized.node(id).name + "'");
    result.graph.replace(id, corrected(result.graph, path_from(quantized, id), wanted->second, images, count));
  }
  result.sqnr_before_db = sqnr_of_outputs_db(real, quantized, images, count);
  result.sqnr_after_db = sqnr_of_outputs_db(real, result.graph, images, count);
  result.kept = result.sqnr_after_db > result.sqnr_before_db;
  if (!result.kept) result.graph = quantized;
  return result;
}

}  // namespace flashcell::quant
