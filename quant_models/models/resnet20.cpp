#include "quant_models/models/resnet20.hpp"

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

class Builder {
 public:
  explicit Builder(const std::map<std::string, NumpyArray>& arrays) : arrays_(arrays) {}

  Graph build() {
    NodeId x = graph_.add("input", Input{{1, 3, 32, 32}});
    x = relu("relu1", normalized("conv1", "bn1", x, 1));
    for (int stage = 1; stage <= 3; ++stage)
      for (int block = 0; block < 3; ++block) x = residual(stage, block, x);
    x = graph_.add("pool", GlobalPool{}, {x});
    x = graph_.add("flatten", Reshape{{0, -1}}, {x});
    x = graph_.add("linear", FullyConnected{array("linear.weight"), array("linear.bias")}, {x});
    graph_.add_output("scores", x);
    return std::move(graph_);
  }

 private:
  Tensor array(const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw ModelError("the weights lack the array '" + name + "'");
    return found->second.tensor();
  }

  NodeId relu(const std::string& name, NodeId x) { return graph_.add(name, Activation{}, {x}); }

  NodeId normalized(const std::string& convolution, const std::string& norm, NodeId x, int stride) {
    x = graph_.add(convolution, Convolution{array(convolution + ".weight"), {}, {stride, stride}, {1, 1, 1, 1}}, {x});
    return graph_.add(norm,
                      BatchNormalization{array(norm + ".weight"), array(norm + ".bias"), array(norm + ".running_mean"),
                                         array(norm + ".running_var")},
                      {x});
  }

  // Every second pixel, and a quarter of the new channels before and behind, all zeros.
  NodeId widened(const std::string& name, NodeId x) {
    const int64_t channels = graph_.node(x).shape[1];
    const int64_t rows = graph_.node(x).shape[2], columns = graph_.node(x).shape[3];
    x = graph_.add(name + ".rows", Slice{2, 0, rows, 2}, {x});
    x = graph_.add(name + ".columns", Slice{3, 0, columns, 2}, {x});
    return graph_.add(name + ".pad", Pad{{0, channels / 2, 0, 0}, {0, channels / 2, 0, 0}}, {x});
  }

  NodeId residual(int stage, int block, NodeId x) {
    const std::string name = "layer" + std::to_string(stage) + "." + std::to_string(block);
    const bool widens = stage > 1 && block == 0;
    NodeId y = relu(name + ".relu1", normalized(name + ".conv1", name + ".bn1", x, widens ? 2 : 1));
    y = normalized(name + ".conv2", name + ".bn2", y, 1);
    const NodeId shortcut = widens ? widened(name + ".shortcut", x) : x;
    return relu(name + ".relu2", graph_.add(name + ".add", Add{}, {y, shortcut}));
  }

  const std::map<std::string, NumpyArray>& arrays_;
  Graph graph_;
};

}  // namespace

Graph make_resnet20(const std::map<std::string, NumpyArray>& arrays) {
  return Builder(arrays).build();
}

}  // namespace flashcell::quant
