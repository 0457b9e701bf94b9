#include "quant_models/cim/array_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/layers/convolution_windows.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr int kBlock = MatrixProduct::kBlock;

CurrentObserver observer_of(const Node& node, const NodeObserver& observer) {
  if (!observer) return {};
  return [name = node.name, observer](const CellArray& array, int output, std::span<const float> currents) {
    observer(name, array, output, currents);
  };
}

class ConvolutionStep {
 public:
  ConvolutionStep(const Convolution& layer, const Shape& in, const Shape& out,
                  const std::shared_ptr<const PreparedLayer>& prepared, std::shared_ptr<const FirstItem> first,
                  CurrentObserver observer)
      : g_(layer, in, out),
        input_(prepared->layer().input),
        runner_(prepared, std::move(observer)),
        first_(std::move(first)),
        codes_(static_cast<size_t>(g_.in_channels) * static_cast<size_t>(g_.in_plane())),
        block_(static_cast<size_t>(g_.depth()) * kBlock) {}

  void run(const float* in, float* out) {
    const size_t group_channels = static_cast<size_t>(g_.in_channels / g_.groups);
    for (int image = 0; image < g_.images; ++image, in += codes_.size()) {
      input_.convert({in, codes_.size()}, codes_.data());
      for (int group = 0; group < g_.groups; ++group) {
        const float* channels =
            codes_.data() + static_cast<size_t>(group) * group_channels * static_cast<size_t>(g_.in_plane());
        for (int64_t first = 0; first < g_.out_plane(); first += kBlock) {
          const int columns = static_cast<int>(std::min<int64_t>(kBlock, g_.out_plane() - first));
          gather_windows(g_, channels, first, columns, block_.data());
          const ProductPlace place{first_->number + static_cast<uint64_t>(image), static_cast<uint64_t>(first),
                                   static_cast<uint64_t>(g_.out_plane())};
          runner_.run(block_.data(), columns, group, place, out + first, g_.out_plane());
        }
        out += g_.out_channels / g_.groups * g_.out_plane();
      }
    }
  }

 private:
  ConvolutionGeometry g_;
  InputConverter input_;
  LayerRunner runner_;
  std::shared_ptr<const FirstItem> first_;
  std::vector<float> codes_, block_;
};

// Vectors of one picture side by side.
class VectorStep {
 public:
  VectorStep(const Shape& in, const std::shared_ptr<const PreparedLayer>& prepared,
             std::shared_ptr<const FirstItem> first, CurrentObserver observer)
      : layer_(prepared->layer()),
        runner_(prepared, std::move(observer)),
        first_(std::move(first)),
        pictures_(in.size() > 1 ? in[0] : 1),
        vectors_(element_count(in) / layer_.inputs / pictures_),
        codes_(static_cast<size_t>(layer_.inputs)),
        block_(static_cast<size_t>(layer_.inputs) * kBlock),
        results_(static_cast<size_t>(layer_.outputs) * kBlock) {}

  void run(const float* in, float* out) {
    for (int64_t picture = 0; picture < pictures_; ++picture) {
      for (int64_t first = 0; first < vectors_; first += kBlock) {
        const int columns = static_cast<int>(std::min<int64_t>(kBlock, vectors_ - first));
        for (int c = 0; c < columns; ++c, in += codes_.size()) {
          layer_.input.convert({in, codes_.size()}, codes_.data());
          for (size_t k = 0; k < codes_.size(); ++k) block_[k * kBlock + static_cast<size_t>(c)] = codes_[k];
        }
        const ProductPlace place{first_->number + static_cast<uint64_t>(picture), static_cast<uint64_t>(first),
                                 static_cast<uint64_t>(vectors_)};
        runner_.run(block_.data(), columns, 0, place, results_.data(), kBlock);
        for (int c = 0; c < columns; ++c)
          for (int o = 0; o < layer_.outputs; ++o)
            *out++ = results_[static_cast<size_t>(o) * kBlock + static_cast<size_t>(c)];
      }
    }
  }

 private:
  const ArrayLayer& layer_;
  LayerRunner runner_;
  std::shared_ptr<const FirstItem> first_;
  int64_t pictures_, vectors_;
  std::vector<float> codes_, block_, results_;
};

LayerSettings settings_of(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? LayerSettings{} : found->second;
}

void check_names(const Graph& graph, const ArrayDevice& device) {
  for (const LayerBits& layer : device.layers) {
    const std::optional<NodeId> node = graph.find(layer.name);
    if (!node || !is_on_arrays(graph.node(*node)))
      throw Error(Fault::usage, fmt::format("{}: names a layer '{}', which the network does not have on arrays; it is "
                                            "of another network",
                                            printable(device.name), printable(layer.name)));
  }
}

}  // namespace

bool is_on_arrays(const Node& node) {
  return std::holds_alternative<Convolution>(node.layer) || std::holds_alternative<FullyConnected>(node.layer);
}

std::vector<NodeId> nodes_on_arrays(const Graph& graph) {
  std::vector<NodeId> nodes;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(nodes),
               [&](NodeId id) { return is_on_arrays(graph.node(id)); });
  return nodes;
}

ArrayWeights weights_of(const Node& node, Tensor& storage) {
  storage = effective_weight(node.layer);
  const Tensor* bias = bias_of(node.layer);
  const auto* convolution = std::get_if<Convolution>(&node.layer);
  const int groups = convolution == nullptr ? 1 : convolution->groups;
  const int outputs = static_cast<int>(storage.shape[0]) / groups;
  const int inputs = static_cast<int>(storage.values.size()) / (outputs * groups);
  return {node.name, groups,         outputs,
          inputs,    storage.values, bias == nullptr ? std::span<const float>{} : bias->values};
}

PreparedLayers program(const Graph& graph, const ArrayDevice& device, const Settings& settings, uint64_t seed) {
  check_names(graph, device);
  PreparedLayers layers;
  uint32_t number = 0;
  for (const NodeId id : nodes_on_arrays(graph)) {
    const Node& node = graph.node(id);
    Tensor storage;
    layers[node.name] = std::make_shared<const PreparedLayer>(
        program(weights_of(node, storage), device, settings_of(settings, node.name), seed, number++));
  }
  if (layers.empty())
    throw ModelError("the network has no convolution and no fully connected layer: nothing is for arrays");
  return layers;
}

StepFactory array_steps(PreparedLayers layers, std::shared_ptr<const FirstItem> first, NodeObserver observer) {
  return [layers = std::move(layers), first = std::move(first), observer = std::move(observer)](
             const Node& node, std::span<const Shape> in) -> Step {
    const auto found = layers.find(node.name);
    if (found == layers.end() || !is_on_arrays(node)) return layer_step(node, in);
    const CurrentObserver sees = observer_of(node, observer);
    if (const auto* convolution = std::get_if<Convolution>(&node.layer)) {
      auto step = std::make_shared<ConvolutionStep>(*convolution, in[0], node.shape, found->second, first, sees);
      return [step](StepInputs inputs, float* out) { step->run(inputs[0], out); };
    }
    auto step = std::make_shared<VectorStep>(in[0], found->second, first, sees);
    return [step](StepInputs inputs, float* out) { step->run(inputs[0], out); };
  };
}

std::vector<ConverterUse> converter_uses(const Graph& graph, const ArrayDevice& device, const Settings& settings) {
  std::vector<ConverterUse> uses;
  const Graph one = with_batch(graph, 1);
  for (const NodeId id : nodes_on_arrays(one)) {
    const Node& node = one.node(id);
    Tensor storage;
    const ArrayWeights w = weights_of(node, storage);
    const ArrayDevice own = device.of_layer(node.name);
    const int64_t tiles = (w.inputs + own.array.rows - 1) / own.array.rows;
    const int64_t places = element_count(node.shape) / (int64_t{w.groups} * w.outputs);
    ConverterUse use{node.name};
    use.columns = int64_t{w.groups} * w.outputs * tiles * own.slices();
    const LayerSettings layer = settings_of(settings, node.name);
    const InputConverter input{own.input.bits, layer.input_has_sign, 1, own.input.cycle_bits};
    use.conversions = use.columns * places * input.cycles();
    // Arrays beside each other have rows, and converters, of their own.
    const int64_t beside = (w.outputs + own.array.columns - 1) / own.array.columns;
    use.rows = int64_t{w.groups} * w.inputs * beside * own.slices();
    use.drives = use.rows * places * input.cycles();
    use.input_bits = input.cycles() > 1 ? own.input.cycle_bits : own.input.bits;
    use.cells = static_cast<int64_t>(w.weights.size()) * own.slices() * (own.array.mapping == Mapping::pair ? 2 : 1);
    use.weight_bits = own.array.weight_bits;
    use.bits = layer.output_bits.value_or(own.output.bits);
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace flashcell::quant::cim
