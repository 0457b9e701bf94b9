#include "quant_models/export/lower.hpp"

#include <algorithm>
#include <map>
#include <set>
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

/// The program, and the layer's view of it.
class Program : private Lowering {
 public:
  Program(const Graph& graph, const std::string& name) : graph_(remove_output_tail(graph)), builder_(name) {}

  PackedModel run(const Metadata& metadata) {
    describe_input(metadata);
    builder_.set_class_names(metadata.class_names);
    for (const NodeId id : graph_.order()) {
      if (done_.contains(id)) continue;
      id_ = id;
      node_ = &graph_.node(id);
      quant::lower(node_->layer, *this);
    }
    for (const Output& output : graph_.outputs())
      builder_.output(value(output.node, graph_.node(output.node)).tensor, output.name);
    return builder_.build();
  }

 private:
  /// Where the numbers of a value come from that layers have moved.
  struct Moved {
    NodeId source = 0;            ///< stored
    std::vector<int32_t> places;  ///< of each number in the source
  };

  [[noreturn]] static void refuse_node(const Node& node, const std::string& why) {
    throw ModelError("node '" + node.name + "' (" + describe(node.layer) + "): " + why);
  }

  // What `make` throws, with the node's name.
  template <class Make>
  static auto named(const Node& node, Make make) {
    try {
      return make();
    } catch (const ModelError& e) {
      refuse_node(node, e.what());
    }
  }

  void describe_input(const Metadata& metadata) {
    const std::vector<NodeId> inputs = graph_.inputs();
    if (inputs.empty() || graph_.node(inputs[0]).shape.size() != 4) return;
    const Node& input = graph_.node(inputs[0]);
    Preprocessing preprocessing;
    if (input.shape[1] == 3) preprocessing.channels = Preprocessing::Channels::rgb;
    if (metadata.preprocessing) preprocessing = *metadata.preprocessing;
    if (metadata.preprocessing && preprocessing.count() != input.shape[1])
      refuse_node(input,
                  "its metadata speak of " + std::to_string(preprocessing.count()) + " channels; export it again");
    builder_.set_preprocessing(preprocessing);
  }

  // The layer's view.

  ModelBuilder& builder() override { return builder_; }
  const std::string& name() const override { return node_->name; }
  const Shape& shape() const override { return node_->shape; }
  size_t input_count() const override { return node_->inputs.size(); }
  Value input(size_t i) override { return value(node_->inputs.at(i), *node_); }
  [[noreturn]] void refuse(const std::string& why) const override { refuse_node(*node_, why); }

  Target own_target() const override { return {id_, format_of(*node_), {}}; }

  Target target() override {
    const Node& node = *node_;
    if (node.quantization) return own_target();
    const std::vector<NodeId> readers = graph_.readers(id_);
    if (readers.size() != 1 || graph_.is_output(id_)) format_of(node);
    const Node& reader = graph_.node(readers[0]);
    if (!follows_in_engine(reader.layer)) format_of(node);
    Target target{readers[0], format_of(reader), {}};
    target.clamp = named(reader, [&] { return engine_clamp(reader.layer, target.format); });
    done_.insert(readers[0]);
    return target;
  }

  void keep(const Target& target, ModelBuilder::Tensor tensor) override {
    values_[target.id] = {tensor, target.format.scale, target.format.zero_point};
  }

  void keep_as_input(ModelBuilder::Tensor tensor) override {
    const Value in = input(0);
    values_[id_] = {tensor, in.scale, in.zero_point};
  }

  void require_same_storage() const override { require_storage_of(*node_, node_->inputs[0]); }

  Requantization factor(double real) const override {
    return named(*node_, [&] { return requantization_between(real); });
  }

  PackedWeights pack(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                     const Value& in, const ActivationFormat& out, size_t packed_count,
                     const std::function<size_t(size_t, size_t)>& place) const override {
    return named(*node_, [&] { return pack_weights(weight, bias, quantization, in, out, packed_count, place); });
  }

  // What is stored.

  const Value& value(NodeId id, const Node& reader) const {
    const auto found = values_.find(id);
    if (found == values_.end() && moved_.contains(id))
      refuse_node(reader, "reads '" + graph_.node(id).name +
                              "', whose numbers stand in another order than the engine's; it "
                              "can choose channels and every n-th pixel, pad and flatten an image, not move pixels");
    if (std::holds_alternative<Constant>(graph_.node(id).layer))
      refuse_node(reader, "reads the constant '" + graph_.node(id).name + "' of shape " +
                              to_string(graph_.node(id).shape) +
                              "; the engine takes one number, or one a channel, folded into a layer with weights "
                              "(simplify())");
    if (found == values_.end())
      refuse_node(reader,
                  "reads '" + graph_.node(id).name + "', which is not stored as integers; quantize every value");
    return found->second;
  }

  static ActivationFormat format_of(const Node& node) {
    if (!node.quantization) refuse_node(node, "its value has no quantization; quantize every value");
    const Quantization& q = *node.quantization;
    if (q.per_channel()) refuse_node(node, "its value has a scale for each channel; the engine takes one");
    if (q.bits != 8 && q.bits != 4)
      refuse_node(node, "its value has " + std::to_string(q.bits) + " bits; the engine takes 8 or 4");
    return {q.is_signed ? ActivationType::signed8 : ActivationType::unsigned8, q.bits, q.scale[0], q.zero_point[0]};
  }

  // Moved numbers stay what they are: a layer that also says how to store them anew would compute.
  void require_storage_of(const Node& node, NodeId source) const {
    if (node.quantization && node.quantization != graph_.node(source).quantization)
      refuse_node(node, "its numbers are stored in another way than those of '" + graph_.node(source).name +
                            "', which it only moves; quantize both alike");
  }

  // Layers that change which number stands where. A chain of them (a channel shuffle is a reshape, a transpose and a
  // reshape; a shortcut is a slice of rows, one of columns and a pad) may pass through orders that the engine has no
  // tensor for; only what another layer reads counts.

  void rearrange() override {
    const NodeId input = node_->inputs[0];
    const Shape& from = graph_.node(input).shape;
    const auto found = moved_.find(input);
    if (found == moved_.end()) value(input, *node_);  // refuses what is not stored
    Moved moved = found != moved_.end() ? found->second : Moved{input, all_places(from)};
    moved.places = moved_places(node_->layer, from, node_->shape, moved.places);
    require_storage_of(*node_, moved.source);
    const std::vector<NodeId> readers = graph_.readers(id_);
    const bool passed_on = std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      const Layer& layer = graph_.node(reader).layer;
      return rearranges(layer) || (reads_chosen_channels(layer) && choice(moved, node_->shape).has_value());
    });
    moved_[id_] = std::move(moved);
    if (graph_.is_output(id_) || !passed_on) store_moved(id_);
  }

  std::optional<std::vector<int>> choice(const Moved& moved, const Shape& shape) const {
    return chosen_channels(moved.places, graph_.node(moved.source).shape, shape);
  }

  Chosen chosen_input() override {
    const NodeId input = node_->inputs[0];
    const auto moved = moved_.find(input);
    if (!values_.contains(input) && moved != moved_.end() && reads_chosen_channels(node_->layer))
      if (const auto channels = choice(moved->second, graph_.node(input).shape))
        return {values_.at(moved->second.source), *channels};
    return {value(input, *node_), {}};
  }

  /// Makes a tensor of moved numbers, where one layer can; else in two steps, where its input can be one.
  bool store_moved(NodeId id) {
    if (values_.contains(id)) return true;
    if (store_at_once(id)) return true;
    const Node& node = graph_.node(id);
    const NodeId input = node.inputs[0];
    if (moved_.at(id).source == input || !moved_.contains(input) || !store_moved(input)) return false;
    const Shape& from = graph_.node(input).shape;
    moved_[id] = {input, moved_places(node.layer, from, node.shape, all_places(from))};
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

  const Graph graph_;
  ModelBuilder builder_;
  std::map<NodeId, Value> values_;
  std::map<NodeId, Moved> moved_;
  std::set<NodeId> done_;  ///< computed with the layer before them
  // The node being lowered:
  NodeId id_ = 0;
  const Node* node_ = nullptr;
};

}  // namespace

PackedModel lower(const Graph& graph, const std::string& name, const Metadata& metadata) {
  try {
    return Program(graph, name).run(metadata);
  } catch (const std::invalid_argument& e) {
    throw ModelError("the engine cannot hold the network: " +
                     std::string(e.what()));  // sizes, as the builder sees them
  }
}

}  // namespace flashcell::quant
