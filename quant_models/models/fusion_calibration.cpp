#include <algorithm>
#include <optional>

#include "quant_models/models/fusion_detector.hpp"

namespace flashcell::quant {
namespace {

// Of both before their product, at the start: else its few largest values decide.
constexpr float kFactorScale = 0.3F;

/// Adds one calibration's nodes, all named after it.
class Calibration {
 public:
  Calibration(LayerStack& stack, std::string name, const CalibrationOptions& options)
      : stack_(stack), graph_(stack.graph()), name_(std::move(name)), options_(options) {}

  NodeId add(NodeId rgb, NodeId events) {
    if (options_.convolutions) {
      rgb = stack_.convolution(name_ + ".rgb.first", rgb, 1, zeros(rgb));
      events = stack_.convolution(name_ + ".events.first", events, 1, zeros(events));
    }
    const NodeId both = node(".both", Multiply{}, {rgb, events});
    rgb = node(".rgb.sum", Add{}, {rgb, both});
    events = node(".events.sum", Add{}, {events, both});
    const NodeId of_events = channel_gate(".events", events), of_rgb = channel_gate(".rgb", rgb);
    rgb = let_through(".rgb.channels", rgb, of_events);
    events = let_through(".events.channels", events, of_rgb);
    const NodeId at_events = spatial_gate("events", events), at_rgb = spatial_gate("rgb", rgb);
    rgb = let_through(".rgb.places", rgb, at_events);
    events = let_through(".events.places", events, at_rgb);
    rgb = factor(".rgb.second", rgb);
    events = factor(".events.second", events);
    return join(node(".product", Multiply{}, {rgb, events}), larger(rgb, events));
  }

 private:
  NodeId node(const std::string& name, Layer layer, std::vector<NodeId> inputs) {
    return graph_.add(name_ + name, std::move(layer), std::move(inputs));
  }
  int channels(NodeId x) const { return static_cast<int>(graph_.node(x).shape[1]); }
  std::vector<float> zeros(NodeId x) const { return std::vector<float>(static_cast<size_t>(channels(x))); }

  // Convolution 3x3, batch normalization, ReLU. Without the convolution the normalization stays: else products of
  // products would grow beyond all bounds.
  NodeId factor(const std::string& name, NodeId x) {
    const NodeId normalized = options_.convolutions
                                  ? stack_.normalized(name_ + name, x, channels(x), 3, 1, 1, kFactorScale)
                                  : stack_.normalization(name_ + name, x, kFactorScale);
    return stack_.relu(name_ + name, normalized);
  }

  // Both as rows of one image, then a pool over the two.
  NodeId larger(NodeId rgb, NodeId events) {
    const Shape shape = graph_.node(rgb).shape;
    const Layer line = Reshape{{0, shape[1], 1, shape[2] * shape[3]}};
    const NodeId both =
        node(".lines", Concat{2}, {node(".rgb.line", line, {rgb}), node(".events.line", line, {events})});
    const NodeId most = node(".larger", Pool{PoolKind::max, {2, 1}, {2, 1}}, {both});
    return node(".image", Reshape{{0, shape[1], shape[2], shape[3]}}, {most});
  }

  NodeId join(NodeId product, NodeId larger) {
    if (!options_.last_convolution) return node(".join", Add{}, {product, larger});
    const int outputs = channels(product);
    const NodeId joined = node(".join", Concat{1}, {product, larger});
    return stack_.relu(name_ + ".last", stack_.normalized(name_ + ".last", joined, outputs, 3, 1, 1));
  }

  // x + x * gated: attention multiplies by the gated feature, not by the gate.
  NodeId let_through(const std::string& name, NodeId x, NodeId gated) {
    return node(name + ".sum", Add{}, {x, node(name, Multiply{}, {x, gated})});
  }

  // The two layers of the gate are one for both of what they read.
  NodeId channel_gate(const std::string& of, NodeId x) {
    const int hidden = std::max(1, channels(x) / options_.reduction);
    const NodeId mean = node(of + ".mean", GlobalPool{PoolKind::average}, {x});
    const NodeId maximum = node(of + ".maximum", GlobalPool{PoolKind::max}, {x});
    const std::string narrow = name_ + of + ".narrow", wide = name_ + of + ".wide";
    const NodeId narrow_mean =
        stack_.convolution(narrow + "@mean", mean, 1, std::vector<float>(static_cast<size_t>(hidden)));
    const NodeId narrow_maximum = stack_.repeat(narrow + "@maximum", narrow_mean, maximum);
    const NodeId wide_mean =
        stack_.convolution(wide + "@mean", stack_.relu(narrow + "@mean", narrow_mean), 1, zeros(x));
    const NodeId wide_maximum =
        stack_.repeat(wide + "@maximum", wide_mean, stack_.relu(narrow + "@maximum", narrow_maximum));
    const NodeId sum = node(of + ".logits", Add{}, {wide_mean, wide_maximum});
    return gated(of + ".gated", x, sum);
  }

  NodeId spatial_gate(const std::string& of, NodeId x) {
    const std::string places = ".places." + of;
    const NodeId seen = node(places, Concat{1}, {channel_maximum(places, x), channel_mean(places, x)});
    const std::string convolution = name_ + ".places.large@" + of;
    if (!spatial_) {
      const NodeId first = stack_.normalized(convolution, seen, 1, 7, 1, 3);
      spatial_ = first;
      return gated(places + ".gated", x, first);
    }
    const NodeId first_convolution = graph_.node(*spatial_).inputs[0];
    const NodeId second = stack_.repeat(convolution, first_convolution, seen);
    return gated(places + ".gated", x, stack_.repeat(convolution + ".norm", *spatial_, second));
  }

  NodeId gated(const std::string& name, NodeId x, NodeId logits) {
    const NodeId gate = node(name + ".gate", Activation{.kind = ActivationKind::sigmoid}, {logits});
    return node(name, Multiply{}, {x, gate});
  }

  // With channels in the place of columns, in pools as large as hardware has.
  NodeId channel_maximum(const std::string& name, NodeId x) {
    const Layer turned = Transpose{{0, 3, 2, 1}};
    x = node(name + ".turned", turned, {x});
    for (int64_t left = graph_.node(x).shape[3]; left > 1; left = graph_.node(x).shape[3]) {
      const auto window = static_cast<int>(std::min<int64_t>(left, 8));
      Pool pool{PoolKind::max, {1, window}, {1, window}};
      pool.padding.right = static_cast<int>((window - left % window) % window);
      x = graph_.add(graph_.free_name(name_ + name + ".maximum"), pool, {x});
    }
    return node(name + ".back", turned, {x});
  }
  NodeId channel_mean(const std::string& name, NodeId x) {
    x = node(name + ".rows", Transpose{{0, 2, 3, 1}}, {x});
    x = node(name + ".mean", ReduceMean{{3}, true}, {x});
    return node(name + ".image", Transpose{{0, 3, 1, 2}}, {x});
  }

  LayerStack& stack_;
  Graph& graph_;
  std::string name_;
  CalibrationOptions options_;
  std::optional<NodeId> spatial_;  ///< the normalization of the gate that is there already
};

}  // namespace

NodeId add_calibration(LayerStack& stack, const std::string& name, NodeId rgb, NodeId events,
                       const CalibrationOptions& options) {
  return Calibration(stack, name, options).add(rgb, events);
}

}  // namespace flashcell::quant
