#include "quant_models/quantize/adaptive_rounding.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <stdexcept>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/channel_rounding.hpp"
#include "quant_models/quantize/layer_view.hpp"
#include "quant_models/quantize/rounding_problem.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kBatch = 10;
constexpr int64_t kMostInputs = 4608;  // of an output: 512 channels x 3 x 3; their products take 255 MB

// What it takes to compute one node.
Graph up_to(Graph graph, NodeId id) {
  graph.remove_outputs();
  graph.add_output("value", id);
  graph.remove_unused();
  return graph;
}

class Rounding {
 public:
  Rounding(const Graph& real, std::span<const float> images, int64_t count, const AdaptiveRoundingOptions& options)
      : images_(images), count_(count), options_(options) {
    see_real_sums(real);
  }

  Layer round(const Graph& quantized, NodeId id) {
    const Node& node = quantized.node(id);
    const auto found = layers_.find(node.name);
    if (found == layers_.end())
      throw ModelError("adaptive rounding: the real network has no layer '" + node.name + "'");
    const Seen& seen = found->second;
    const LayerView view(quantized, id);
    const size_t per_group = view.channels() / view.groups();
    std::vector<RoundingProblem> problems(view.groups(),
                                          RoundingProblem(view.depth(), per_group, !bias_of(node.layer)->empty()));
    collect(quantized, id, view, seen, problems);
    for (RoundingProblem& problem : problems) problem.finish();
    Layer layer = node.layer;
    round_channels(layer, view, problems);
    return layer;
  }

 private:
  /// A layer's sums in the real network at the places that are looked at: image by image, place by place.
  struct Seen {
    size_t index = 0;  // in the real network's order: places do not depend on names
    std::vector<float> sums;
  };

  std::vector<size_t> places_of(const LayerView& view, size_t layer, int64_t image) const {
    return choose_places(view.places(), static_cast<size_t>(options_.places),
                         Random(options_.seed, {layer, static_cast<uint64_t>(image)}));
  }

  // Calls see(node, image index, numbers) for the value of each image, one by one.
  template <class See>
  void for_each_image(const Graph& graph, See see) const {
    std::map<NodeId, int64_t> next;
    const int64_t batch = graph.node(graph.inputs().at(0)).shape.at(0);
    run_all(graph, images_, count_, kBatch, [&](NodeId id, std::span<const float> value) {
      const auto each = static_cast<size_t>(element_count(graph.node(id).shape) / batch);
      for (size_t first = 0; first < value.size(); first += each) see(id, next[id]++, value.subspan(first, each));
    });
  }

  void see_real_sums(const Graph& real) {
    std::map<NodeId, LayerView> views;
    for (const NodeId id : real.order())
      if (weight_of(real.node(id).layer) != nullptr) {
        layers_[real.node(id).name].index = views.size();
        views.emplace(id, LayerView(real, id));
      }
    for_each_image(real, [&](NodeId id, int64_t image, std::span<const float> value) {
      const auto found = views.find(id);
      if (found == views.end()) return;
      Seen& seen = layers_[real.node(id).name];
      for (const size_t place : places_of(found->second, seen.index, image))
        for (size_t c = 0; c < found->second.channels(); ++c) seen.sums.push_back(value[found->second.index(place, c)]);
    });
  }

  void collect(const Graph& quantized, NodeId id, const LayerView& view, const Seen& seen,
               std::vector<RoundingProblem>& problems) const {
    const Node& node = quantized.node(id);
    const NodeId input = node.inputs[0];
    const std::vector<float>& weights = weight_of(node.layer)->values;
    const Tensor& bias = *bias_of(node.layer);
    const size_t per_group = view.channels() / view.groups();
    std::vector<float> inputs(view.depth()), differences(per_group);
    auto wanted = seen.sums.begin();
    for_each_image(up_to(quantized, input), [&](NodeId value_of, int64_t image, std::span<const float> value) {
      if (value_of != input) return;
      for (const size_t place : places_of(view, seen.index, image)) {
        for (size_t g = 0; g < view.groups(); ++g) {
          view.gather(value, place, g, inputs);
          for (size_t k = 0; k < per_group; ++k) {
            const size_t c = g * per_group + k;
            double sum = bias.empty() ? 0.0 : static_cast<double>(bias.values[c]);
            for (size_t i = 0; i < view.depth(); ++i)
              sum += static_cast<double>(weights[c * view.depth() + i]) * static_cast<double>(inputs[i]);
            differences[k] = static_cast<float>(sum - static_cast<double>(wanted[static_cast<ptrdiff_t>(c)]));
          }
          problems[g].add(inputs, differences);
        }
        wanted += static_cast<ptrdiff_t>(view.channels());
      }
    });
  }

  void round_channels(Layer& layer, const LayerView& view, const std::vector<RoundingProblem>& problems) const {
    Quantization& q = **weight_quantization_of(layer);
    std::vector<float>& weights = weight_of(layer)->values;
    Tensor& bias = *bias_of(layer);
    const size_t depth = view.depth(), per_group = view.channels() / view.groups();
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t c = next++; c < view.channels(); c = next++) {
        const size_t at = q.per_channel() ? c : 0;
        const std::span<float> own = std::span(weights).subspan(c * depth, depth);
        const RoundedChannel rounded =
            round_channel(problems[c / per_group], c % per_group, own, q.scale[at], q.lowest() - q.zero_point[at],
                          q.highest() - q.zero_point[at], options_.fits_scales && q.per_channel(), options_.iterations);
        if (q.per_channel()) q.scale[at] = rounded.scale;
        if (!bias.empty()) bias.values[c] += rounded.bias_change;
        for (size_t i = 0; i < depth; ++i) own[i] = rounded.scale * rounded.integers[i];
      }
    };
    // Futures carry an exception out of their threads.
    std::vector<std::future<void>> others;
    for (int i = 1; i < options_.threads; ++i) others.push_back(std::async(std::launch::async, work));
    work();
    for (std::future<void>& other : others) other.get();
  }

  std::span<const float> images_;
  int64_t count_;
  AdaptiveRoundingOptions options_;
  std::map<std::string, Seen> layers_;
};

}  // namespace

bool can_round_adaptively(const Layer& layer) {
  const Tensor* weight = weight_of(layer);
  return weight != nullptr && element_count(weight->shape) / weight->shape[0] <= kMostInputs;
}

Graph round_adaptively(const Graph& real, Graph quantized, std::span<const float> images, int64_t count,
                       const AdaptiveRoundingOptions& options, const RoundingProgress& progress) {
  if (options.threads < 1 || options.iterations < 1 || options.places < 1)
    throw std::invalid_argument("adaptive rounding: threads, iterations and places must be above 0");
  std::vector<NodeId> layers;
  for (const NodeId id : quantized.order()) {
    const Layer& layer = quantized.node(id).layer;
    const std::optional<Quantization>* q = weight_quantization_of(layer);
    if (q != nullptr && *q && can_round_adaptively(layer)) layers.push_back(id);
  }
  Rounding rounding(real, images, count, options);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (progress) progress(quantized.node(layers[i]).name, i, layers.size());
    quantized.replace(layers[i], rounding.round(quantized, layers[i]));
  }
  return quantized;
}

}  // namespace flashcell::quant
