#include "quant_models/export/lower.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "quant_models/export/moved_numbers.hpp"
#include "quant_models/export/pack_weights.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/model_builder.hpp"

namespace flashcell::quant {
namespace {

using contract::ActivationType;
using contract::Requantization;

class Lowering {
 public:
  Lowering(const Graph& graph, const std::string& name) : graph_(remove_output_tail(graph)), builder_(name) {}

  PackedModel run(const Metadata& metadata) {
    describe_input(metadata);
    builder_.set_class_names(metadata.class_names);
    for (const NodeId id : graph_.order()) {
      if (!done_.contains(id)) lower(id);
    }
    for (const Output& output : graph_.outputs())
      builder_.output(tensor(output.node, graph_.node(output.node)), output.name);
    return builder_.build();
  }

 private:
  /// A tensor with the real scale and zero point of its values.
  struct Value {
    ModelBuilder::Tensor tensor;
    double scale;
    int zero_point;
  };

  /// Where the numbers of a value come from that layers have moved.
  struct Moved {
    NodeId source = 0;            ///< stored
    std::vector<int32_t> places;  ///< of each number in the source
  };

  [[noreturn]] static void refuse(const Node& node, const std::string& why) {
    throw ModelError("node '" + node.name + "' (" + describe(node.layer) + "): " + why);
  }

  void describe_input(const Metadata& metadata) {
    const std::vector<NodeId> inputs = graph_.inputs();
    if (inputs.empty() || graph_.node(inputs[0]).shape.size() != 4) return;
    const Node& input = graph_.node(inputs[0]);
    Preprocessing preprocessing;
    if (input.shape[1] == 3) preprocessing.channels = Preprocessing::Channels::rgb;
    if (metadata.preprocessing) preprocessing = *metadata.preprocessing;
    if (metadata.preprocessing && preprocessing.count() != input.shape[1])
      refuse(input, "its metadata speak of " + std::to_string(preprocessing.count()) + " channels; export it again");
    builder_.set_preprocessing(preprocessing);
  }

  void lower(NodeId id) {
    const Node& node = graph_.node(id);
    std::visit([&](const auto& layer) { lower(id, node, layer); }, node.layer);
  }

  // What is stored.

  const Value& value(NodeId id, const Node& reader) const {
    const auto found = values_.find(id);
    if (found == values_.end() && moved_.contains(id))
      refuse(reader, "reads '" + graph_.node(id).name +
                         "', whose numbers stand in another order than the engine's; it "
                         "can choose channels and every n-th pixel, pad and flatten an image, not move pixels");
    if (std::holds_alternative<Constant>(graph_.node(id).layer))
      refuse(reader, "reads the constant '" + graph_.node(id).name + "' of shape " + to_string(graph_.node(id).shape) +
                         "; the engine takes one number, or one a channel, folded into a layer with weights "
                         "(simplify())");
    if (found == values_.end())
      refuse(reader, "reads '" + graph_.node(id).name + "', which is not stored as integers; quantize every value");
    return found->second;
  }
  ModelBuilder::Tensor tensor(NodeId id, const Node& reader) const { return value(id, reader).tensor; }

  static ActivationFormat format_of(const Node& node) {
    if (!node.quantization) refuse(node, "its value has no quantization; quantize every value");
    const Quantization& q = *node.quantization;
    if (q.per_channel()) refuse(node, "its value has a scale for each channel; the engine takes one");
    if (q.bits != 8 && q.bits != 4)
      refuse(node, "its value has " + std::to_string(q.bits) + " bits; the engine takes 8 or 4");
    return {q.is_signed ? ActivationType::signed8 : ActivationType::unsigned8, q.bits, q.scale[0], q.zero_point[0]};
  }

  void store(NodeId id, ModelBuilder::Tensor tensor, const ActivationFormat& format) {
    values_[id] = {tensor, format.scale, format.zero_point};
  }

  /// Where a computing layer's value is stored: its own, or, where it is not, that of the ReLU or clip behind it.
  struct Target {
    NodeId id;
    ActivationFormat format;
    Clamp clamp;
  };

  Target target_of(NodeId id, const Node& node) {
    if (node.quantization) return {id, format_of(node), {}};
    const std::vector<NodeId> readers = graph_.readers(id);
    if (readers.size() != 1 || graph_.is_output(id)) format_of(node);
    const Node& reader = graph_.node(readers[0]);
    const auto* activation = std::get_if<Activation>(&reader.layer);
    if (activation == nullptr) format_of(node);
    Target target{readers[0], format_of(reader), {}};
    const double scale = target.format.scale;
    const auto step_of = [&](float x) {
      return target.format.zero_point + static_cast<int>(std::floor(static_cast<double>(x) / scale + 0.5));
    };
    if (activation->kind == ActivationKind::relu) {
      target.clamp.low = target.format.zero_point;
    } else if (activation->kind == ActivationKind::clip) {
      target.clamp.low = std::max(step_of(activation->low), int{INT16_MIN});
      target.clamp.high = std::min(step_of(activation->high), int{INT16_MAX});
    } else {
      refuse(reader, "the engine cuts values off, it computes no other activation; use ReLU or a clip");
    }
    done_.insert({readers[0], true});
    return target;
  }

  void keep(const Target& target, ModelBuilder::Tensor tensor) { store(target.id, tensor, target.format); }

  static Requantization factor(const Node& node, double real) {
    try {
      return requantization_between(real);
    } catch (const ModelError& e) {
      refuse(node, e.what());
    }
  }

  // Layers with weights.

  template <class Layer, class Place>
  PackedWeights pack(const Node& node, const Layer& layer, const Value& in, const ActivationFormat& out,
                     size_t packed_count, Place place) {
    try {
      return pack_weights(layer.weight, layer.bias, layer.weight_quantization, {in.scale, in.zero_point}, out,
                          packed_count, place);
    } catch (const ModelError& e) {
      refuse(node, e.what());
    }
  }

  static Window window_of(const Node& node, int rows, int columns, const Stride& stride, const Padding& padding) {
    if (stride.rows != stride.columns) refuse(node, "its strides differ in the two directions");
    return {rows, columns, stride.rows, padding.top, padding.left, padding.bottom, padding.right};
  }

  void lower(NodeId id, const Node& node, const Convolution& layer) {
    const Chosen chosen = source_of(node);
    const Value& in = chosen.source;
    const Target target = target_of(id, node);
    const Shape& shape = layer.weight.shape;
    const size_t outputs = static_cast<size_t>(shape[0]), per_group = static_cast<size_t>(shape[1]),
                 pixels = static_cast<size_t>(shape[2] * shape[3]), groups = static_cast<size_t>(layer.groups);
    const Window window =
        window_of(node, static_cast<int>(shape[2]), static_cast<int>(shape[3]), layer.stride, layer.padding);
    if (per_group == 1 && groups == outputs && groups > 1) {
      const PackedWeights packed =
          pack(node, layer, in, target.format, outputs * pixels, [&](size_t o, size_t i) { return i * outputs + o; });
      keep(target, builder_.depthwise(node.name, in.tensor, window, packed.view(), target.format, target.clamp));
      return;
    }
    // A grouped convolution is a dense one whose other weights are 0; so is one that reads some of the channels.
    const size_t inputs = builder_.tensor(in.tensor).channels, outputs_of_group = outputs / groups;
    const PackedWeights packed =
        pack(node, layer, in, target.format, outputs * pixels * inputs, [&](size_t o, size_t i) {
          const size_t channel = o / outputs_of_group * per_group + i / pixels;
          const size_t stored = chosen.channels.empty() ? channel : static_cast<size_t>(chosen.channels[channel]);
          return (o * pixels + i % pixels) * inputs + stored;
        });
    keep(target, builder_.convolution(node.name, in.tensor, static_cast<int>(outputs), window, packed.view(),
                                      target.format, target.clamp));
  }

  void lower(NodeId id, const Node& node, const FullyConnected& layer) {
    const Value in = value(node.inputs[0], node);
    const Target target = target_of(id, node);
    const contract::TensorDescriptor& t = builder_.tensor(in.tensor);
    const size_t pixels = size_t{t.height} * t.width, channels = t.channels;
    const size_t inputs = static_cast<size_t>(layer.weight.shape[1]);
    if (inputs != pixels * channels) refuse(node, "it does not read one image's whole value");
    // The graph flattens channel by channel, the engine pixel by pixel.
    const PackedWeights packed =
        pack(node, layer, in, target.format, layer.weight.values.size(),
             [&](size_t o, size_t i) { return o * inputs + i % pixels * channels + i / pixels; });
    keep(target, builder_.fully_connected(node.name, in.tensor, static_cast<int>(layer.weight.shape[0]), packed.view(),
                                          target.format, target.clamp));
  }

  // Layers without.

  void lower(NodeId id, const Node& node, const Input& layer) {
    if (layer.shape.size() != 4 || layer.shape[0] != 1) refuse(node, "the engine takes one image, 1 x C x H x W");
    const ActivationFormat format = format_of(node);
    store(id,
          builder_.input(node.name, static_cast<int>(layer.shape[2]), static_cast<int>(layer.shape[3]),
                         static_cast<int>(layer.shape[1]), format),
          format);
  }

  void lower(NodeId id, const Node& node, const Pool& layer) {
    const Value in = value(node.inputs[0], node);
    const Window window = window_of(node, layer.kernel[0], layer.kernel[1], layer.stride, layer.padding);
    if (layer.kind == PoolKind::max) {
      require_same_storage(node, node.inputs[0]);
      values_[id] = {builder_.max_pool(node.name, in.tensor, window), in.scale, in.zero_point};
      return;
    }
    const Padding& p = layer.padding;
    if (!layer.count_padding && p.top + p.left + p.bottom + p.right > 0)
      refuse(node, "an average that leaves padding out is not computed; let it count padding");
    const Target target = target_of(id, node);
    const double real = in.scale / static_cast<double>(target.format.scale) / (layer.kernel[0] * layer.kernel[1]);
    keep(target, builder_.average_pool(node.name, in.tensor, window, factor(node, real), target.format, target.clamp));
  }

  void lower(NodeId id, const Node& node, const GlobalPool& layer) {
    if (layer.kind == PoolKind::max) refuse(node, "use a max pool of the image's size");
    const Value in = value(node.inputs[0], node);
    const Target target = target_of(id, node);
    const contract::TensorDescriptor& t = builder_.tensor(in.tensor);
    const double real = in.scale / static_cast<double>(target.format.scale) / (double{1} * t.height * t.width);
    keep(target, builder_.global_average_pool(node.name, in.tensor, factor(node, real), target.format, target.clamp));
  }

  void lower(NodeId id, const Node& node, const Add&) {
    if (node.inputs.size() != 2) refuse(node, "the engine adds two values");
    const Value a = value(node.inputs[0], node), b = value(node.inputs[1], node);
    const Target target = target_of(id, node);
    const double out = static_cast<double>(target.format.scale), largest = std::max(a.scale, b.scale) / out;
    // Terms keep 16 bits: as many fraction bits as the larger one leaves.
    int bits = contract::kMaxFractionBits;
    while (bits > 0 && 255 * largest * (1 << bits) > 32767) --bits;
    const double steps = 1 << bits;
    const Requantization scales[] = {factor(node, a.scale / out * steps), factor(node, b.scale / out * steps)};
    const ModelBuilder::Tensor inputs[] = {a.tensor, b.tensor};
    keep(target, builder_.add(node.name, inputs, scales, bits, target.format, target.clamp));
  }

  void lower(NodeId id, const Node& node, const Concat& layer) {
    if (layer.axis != 1) refuse(node, "the engine joins channels only");
    const Target target = target_of(id, node);
    std::vector<ModelBuilder::Tensor> inputs;
    std::vector<Requantization> scales;
    for (const NodeId input : node.inputs) {
      const Value& in = value(input, node);
      inputs.push_back(in.tensor);
      scales.push_back(factor(node, in.scale / static_cast<double>(target.format.scale)));
    }
    keep(target, builder_.concat(node.name, inputs, scales, target.format, target.clamp));
  }

  // Layers that change which number stands where. A chain of them (a channel shuffle is a reshape, a transpose and a
  // reshape; a shortcut is a slice of rows, one of columns and a pad) may pass through orders that the engine has no
  // tensor for; only what another layer reads counts.

  void lower(NodeId id, const Node& node, const Slice&) { rearrange_numbers(id, node); }
  void lower(NodeId id, const Node& node, const Reshape&) { rearrange_numbers(id, node); }
  void lower(NodeId id, const Node& node, const Transpose&) { rearrange_numbers(id, node); }
  void lower(NodeId id, const Node& node, const Pad& layer) {
    if (layer.value != 0) refuse(node, "the engine pads with zeros only");
    rearrange_numbers(id, node);
  }

  static bool rearranges(const Layer& layer) {
    return std::holds_alternative<Slice>(layer) || std::holds_alternative<Reshape>(layer) ||
           std::holds_alternative<Transpose>(layer) || std::holds_alternative<Pad>(layer);
  }

  void rearrange_numbers(NodeId id, const Node& node) {
    const NodeId input = node.inputs[0];
    const Shape& from = graph_.node(input).shape;
    const auto found = moved_.find(input);
    if (found == moved_.end()) value(input, node);  // refuses what is not stored
    Moved moved = found != moved_.end() ? found->second : Moved{input, all_places(from)};
    moved.places = rearrange(node.layer, from, node.shape, moved.places);
    require_same_storage(node, moved.source);
    const std::vector<NodeId> readers = graph_.readers(id);
    const bool passed_on = std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      const Layer& layer = graph_.node(reader).layer;
      return rearranges(layer) || (chooses(layer) && choice(moved, node.shape).has_value());
    });
    moved_[id] = std::move(moved);
    if (graph_.is_output(id) || !passed_on) store_moved(id);
  }

  // Moved numbers stay what they are: a layer that also says how to store them anew would compute.
  void require_same_storage(const Node& node, NodeId source) const {
    if (node.quantization && node.quantization != graph_.node(source).quantization)
      refuse(node, "its numbers are stored in another way than those of '" + graph_.node(source).name +
                       "', which it only moves; quantize both alike");
  }

  std::optional<std::vector<int>> choice(const Moved& moved, const Shape& shape) const {
    return chosen_channels(moved.places, graph_.node(moved.source).shape, shape);
  }

  // A pointwise convolution reads the whole value that channels were chosen of for less than choosing costs.
  static bool chooses(const Layer& layer) {
    const Convolution* c = std::get_if<Convolution>(&layer);
    return c != nullptr && c->groups == 1 && c->weight.shape[2] == 1 && c->weight.shape[3] == 1;
  }

  /// What a convolution reads, and which of its channels; empty: all.
  struct Chosen {
    Value source;
    std::vector<int> channels;
  };

  Chosen source_of(const Node& node) const {
    const NodeId input = node.inputs[0];
    const auto moved = moved_.find(input);
    if (!values_.contains(input) && moved != moved_.end() && chooses(node.layer))
      if (const auto channels = choice(moved->second, graph_.node(input).shape))
        return {values_.at(moved->second.source), *channels};
    return {value(input, node), {}};
  }

  /// Makes a tensor of moved numbers, where one layer can; else in two steps, where its input can be one.
  bool store_moved(NodeId id) {
    if (values_.contains(id)) return true;
    if (store_at_once(id)) return true;
    const Node& node = graph_.node(id);
    const NodeId input = node.inputs[0];
    if (moved_.at(id).source == input || !moved_.contains(input) || !store_moved(input)) return false;
    moved_[id] = {input,
                  rearrange(node.layer, graph_.node(input).shape, node.shape, all_places(graph_.node(input).shape))};
    return store_at_once(id);
  }

  bool store_at_once(NodeId id) {
    const Node& node = graph_.node(id);
    const Moved& moved = moved_.at(id);
    const Value& source = values_.at(moved.source);
    const Shape& from = graph_.node(moved.source).shape;
    // A row of all numbers: fully connected layers know the order.
    const bool same_shape = node.shape == from || (node.shape.size() == 2 && node.shape[0] == 1);
    if (same_shape && moved.places == all_places(from)) {
      values_[id] = source;
    } else if (const auto selection = selection_of(moved.places, from, node.shape)) {
      values_[id] = {builder_.select(node.name, source.tensor, *selection), source.scale, source.zero_point};
    }
    return values_.contains(id);
  }

  void lower(NodeId id, const Node& node, const ResizeNearest& layer) {
    if (layer.rows != layer.columns) refuse(node, "its factors differ in the two directions");
    require_same_storage(node, node.inputs[0]);
    const Value in = value(node.inputs[0], node);
    values_[id] = {builder_.upsample(node.name, in.tensor, layer.rows), in.scale, in.zero_point};
  }

  void lower(NodeId, const Node&, const Constant&) {}  // whoever reads it refuses it

  void lower(NodeId, const Node& node, const Activation&) {
    refuse(node, "it does not stand behind a layer that computes and is stored nowhere else; quantize every value");
  }
  template <class Other>
  void lower(NodeId, const Node& node, const Other&) {
    refuse(node, "the engine has no such layer");
  }

  const Graph graph_;
  ModelBuilder builder_;
  std::map<NodeId, Value> values_;
  std::map<NodeId, Moved> moved_;
  std::map<NodeId, bool> done_;  ///< activations that were computed with the layer before them
};

}  // namespace

PackedModel lower(const Graph& graph, const std::string& name, const Metadata& metadata) {
  try {
    return Lowering(graph, name).run(metadata);
  } catch (const std::invalid_argument& e) {
    throw ModelError("the engine cannot hold the network: " +
                     std::string(e.what()));  // sizes, as the builder sees them
  }
}

}  // namespace flashcell::quant
