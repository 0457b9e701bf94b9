#include "quant_models/models/fusion_detector.hpp"

#include <cmath>
#include <stdexcept>

namespace flashcell::quant {
namespace {

constexpr int kLevels = 5, kFirstLevel = 3;
constexpr double kRareness = 0.01;  // of objects at the start of training (Lin et al., section 3.3)
// Of the maps that calibration joins, at the start: products of products, of the eighth degree, are then small beside
// what they are added to. With maps of size 1 their few largest values hide all others from the normalization behind.
constexpr float kMapScale = 0.03F;

void check(const FusionDetectorOptions& o) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("fusion detector: ") + what);
  };
  require(o.rows >= 32 && o.columns >= 32 && o.rows % 32 == 0 && o.columns % 32 == 0,
          "rows and columns must be multiples of 32");
  require(o.rgb_channels >= 1 && o.event_channels >= 1, "needs channels");
  require(o.width >= 1 && o.pyramid_channels >= 1 && o.anchors >= 1 && o.classes >= 1 && o.reduction >= 1,
          "widths, anchors, classes and reduction are at least 1");
  require(o.head_depth >= 0, "head_depth is at least 0");
  for (const int blocks : o.blocks) require(blocks >= 1, "each stage has a block");
}

class FusionBuilder {
 public:
  explicit FusionBuilder(const FusionDetectorOptions& options)
      : o_(options), stack_(options.seed), graph_(stack_.graph()) {}

  Graph build() {
    const std::array<NodeId, 3> maps = joined_maps();
    std::vector<NodeId> levels;
    for (size_t i = 0; i < kLevels; ++i) levels.push_back(0);
    pyramid(maps, levels);
    std::vector<NodeId> places;
    for (size_t i = 0; i < levels.size(); ++i) places.push_back(head(levels[i], kFirstLevel + static_cast<int>(i)));
    graph_.add_output("boxes", graph_.add("boxes", Concat{2}, places));
    return std::move(graph_);
  }

 private:
  using Maps = std::array<NodeId, 3>;  ///< C3 to C5

  // Bottlenecks: 1x1, 3x3 (which has the stride), 1x1 to four times the width; `scale`: of both that are summed.
  NodeId bottleneck(const std::string& name, NodeId x, int width, int stride, float scale) {
    NodeId y = stack_.relu(name + ".narrow", stack_.normalized(name + ".narrow", x, width, 1, 1, 0));
    y = stack_.relu(name + ".middle", stack_.normalized(name + ".middle", y, width, 3, stride, 1));
    y = stack_.normalized(name + ".wide", y, 4 * width, 1, 1, 0, scale);
    if (graph_.node(x).shape != graph_.node(y).shape)
      x = stack_.normalized(name + ".shortcut", x, 4 * width, 1, stride, 0, scale);
    return stack_.relu(name, graph_.add(name + ".sum", Add{}, {y, x}));
  }

  Maps backbone(const std::string& name, int channels) {
    NodeId x = graph_.add(name, Input{{1, channels, o_.rows, o_.columns}});
    x = stack_.relu(name + ".stem", stack_.normalized(name + ".stem", x, o_.width, 7, 2, 3));
    x = graph_.add(name + ".pool", Pool{PoolKind::max, {3, 3}, {2, 2}, {1, 1, 1, 1}}, {x});
    const bool calibrated = o_.fusion == Fusion::attention || o_.fusion == Fusion::light;
    Maps maps{};
    for (size_t stage = 0; stage < o_.blocks.size(); ++stage) {
      const int width = o_.width << stage;
      const float scale = calibrated && stage > 0 ? kMapScale : 1;
      for (int block = 0; block < o_.blocks[stage]; ++block)
        x = bottleneck(name + "." + std::to_string(stage + 2) + "." + std::to_string(block), x, width,
                       stage > 0 && block == 0 ? 2 : 1, scale);
      if (stage > 0) maps[stage - 1] = x;
    }
    return maps;
  }

  Maps joined_maps() {
    if (o_.fusion == Fusion::rgb_only) return backbone("rgb", o_.rgb_channels);
    if (o_.fusion == Fusion::event_only) return backbone("events", o_.event_channels);
    const Maps rgb = backbone("rgb", o_.rgb_channels), events = backbone("events", o_.event_channels);
    Maps maps{};
    for (size_t i = 0; i < maps.size(); ++i)
      maps[i] = joined("fusion." + std::to_string(kFirstLevel + i), rgb[i], events[i], i == 0);
    return maps;
  }

  NodeId joined(const std::string& name, NodeId rgb, NodeId events, bool first) {
    if (o_.fusion == Fusion::concat) return graph_.add(name, Concat{1}, {rgb, events});
    const bool all = o_.fusion == Fusion::attention;
    return add_calibration(stack_, name, rgb, events,
                           {.convolutions = all, .last_convolution = all || first, .reduction = o_.reduction});
  }

  std::vector<float> zeros(int count) const { return std::vector<float>(static_cast<size_t>(count)); }

  void pyramid(const Maps& maps, std::vector<NodeId>& levels) {
    NodeId above = 0;
    for (size_t i = maps.size(); i-- > 0;) {
      const std::string name = "pyramid." + std::to_string(kFirstLevel + i);
      NodeId x = stack_.convolution(name + ".side", maps[i], 1, zeros(o_.pyramid_channels));
      if (i + 1 < maps.size()) {
        const NodeId enlarged = graph_.add(name + ".enlarged", ResizeNearest{2, 2}, {above});
        x = graph_.add(name + ".sum", Add{}, {x, enlarged});
      }
      above = x;
      levels[i] = stack_.convolution(name, x, 3, zeros(o_.pyramid_channels));
    }
    levels[3] = stack_.convolution("pyramid.6", maps.back(), 3, zeros(o_.pyramid_channels), 2);
    levels[4] = stack_.convolution("pyramid.7", stack_.relu("pyramid.6", levels[3]), 3, zeros(o_.pyramid_channels), 2);
  }

  /// The layer that all levels share: made at the first, repeated at the others.
  NodeId shared(const std::string& name, int level, NodeId x, std::vector<float> bias, double spread) {
    const std::string own = name + "@" + std::to_string(level);
    if (const auto first = graph_.find(name + "@" + std::to_string(kFirstLevel))) return stack_.repeat(own, *first, x);
    const NodeId made = stack_.convolution(own, x, 3, std::move(bias));
    if (spread == 1) return made;
    Layer layer = graph_.node(made).layer;
    for (float& weight : weight_of(layer)->values) weight *= static_cast<float>(spread);
    graph_.replace(made, std::move(layer));
    return made;
  }

  NodeId tower(const std::string& kind, int level, NodeId x, int outputs, float bias) {
    for (int i = 0; i < o_.head_depth; ++i) {
      const std::string name = "heads." + kind + "." + std::to_string(i);
      x = shared(name, level, x, zeros(o_.pyramid_channels), 1);
      x = stack_.relu(name + "@" + std::to_string(level), x);
    }
    constexpr double kSmall = 0.1;  // the last layer's weights at the start, of those of the others
    x = shared("heads." + kind + ".last", level, x, std::vector<float>(static_cast<size_t>(outputs), bias), kSmall);
    const std::string name = "heads." + kind + ".places@" + std::to_string(level);
    return graph_.add(name, Reshape{{0, outputs, -1}}, {x});
  }

  NodeId head(NodeId x, int level) {
    const auto rare = static_cast<float>(-std::log((1 - kRareness) / kRareness));
    const NodeId classes = tower("classes", level, x, o_.anchors * o_.classes, rare);
    const NodeId boxes = tower("boxes", level, x, o_.anchors * 4, 0);
    return graph_.add("heads.level@" + std::to_string(level), Concat{1}, {classes, boxes});
  }

  const FusionDetectorOptions& o_;
  LayerStack stack_;
  Graph& graph_;
};

}  // namespace

Graph make_fusion_detector(const FusionDetectorOptions& options) {
  check(options);
  return FusionBuilder(options).build();
}

}  // namespace flashcell::quant
