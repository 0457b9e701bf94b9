#include "quant_models/export/lower.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "quant_models/export/pack_weights.hpp"
#include "quant_models/export/stored_values.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using contract::Requantization;

/// The program, and the layer's view of it.
class Program : private Lowering {
 public:
  Program(const Graph& graph, const std::string& name)
      : graph_(remove_output_tail(graph)), builder_(name), values_(graph_, builder_) {}

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
      builder_.output(values_.read(output.node, graph_.node(output.node)).tensor, output.name);
    return builder_.build();
  }

 private:
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
  const Shape& input_shape(size_t i) const override { return graph_.node(node_->inputs.at(i)).shape; }
  [[noreturn]] void refuse(const std::string& why) const override { refuse_node(*node_, why); }

  Value input(size_t i) override {
    const NodeId id = node_->inputs.at(i);
    if (const Tensor* fixed = fixed_input(i); fixed != nullptr && !values_.contains(id)) store_fixed(id);
    return values_.read(id, *node_);
  }
  Value input(size_t i, Layout layout) override {
    input(i);
    return values_.read(node_->inputs.at(i), layout, *node_);
  }
  Operand operand(size_t i) override {
    if (fixed_input(i) != nullptr) input(i);
    return values_.operand(node_->inputs.at(i), *node_);
  }
  Chosen chosen_input() override {
    if (reads_chosen_channels(node_->layer))
      if (const auto chosen = values_.chosen(node_->inputs[0])) return *chosen;
    return {input(0, Layout::image), {}};
  }

  // Fixed numbers become tensors where somebody reads them, in the form that he needs.

  const Tensor* fixed_input(size_t i) const override {
    const auto* constant = std::get_if<Constant>(&graph_.node(node_->inputs.at(i)).layer);
    return constant == nullptr ? nullptr : &constant->value;
  }
  Value stretched_input(size_t i, const Shape& shape, Layout layout) override {
    const Node& node = graph_.node(node_->inputs.at(i));
    const Tensor& fixed = *fixed_input(i);
    const std::vector<int64_t> steps = stretched_strides(fixed.shape, shape);
    Tensor stretched{shape, std::vector<float>(static_cast<size_t>(element_count(shape)))};
    for_each_offset(shape, steps, [&](int64_t k, int64_t from) {
      stretched.values[static_cast<size_t>(k)] = fixed.values[static_cast<size_t>(from)];
    });
    return fixed_value(node, stretched, layout);
  }
  void store_fixed(NodeId id) {
    const Node& node = graph_.node(id);
    const Tensor& fixed = std::get<Constant>(node.layer).value;
    values_.keep(id,
                 fixed_value(node, fixed, node.shape.size() == 4 && node.shape[0] == 1 ? Layout::image : Layout::rows));
  }
  Value fixed_value(const Node& node, const Tensor& fixed, Layout layout) {
    if (!node.quantization)
      refuse_node(*node_, "reads the constant '" + node.name + "' of shape " + to_string(node.shape) +
                              ", which is not stored as integers; quantize every value");
    const ActivationFormat format = format_of(node);
    const std::vector<int32_t> integers = quantize(fixed, *node.quantization);
    const std::vector<int64_t> places = memory_places(fixed.shape, layout);
    std::vector<int32_t> ordered(integers.size());
    for (size_t i = 0; i < integers.size(); ++i) ordered[static_cast<size_t>(places[i])] = integers[i];
    return {builder_.constant(node.name, extents_of(fixed.shape, layout), ordered, format),
            static_cast<double>(format.scale), format.zero_point, layout};
  }

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

  void keep(const Target& target, ModelBuilder::Tensor tensor, Layout layout) override {
    values_.keep(target.id, {tensor, static_cast<double>(target.format.scale), target.format.zero_point, layout});
  }

  void keep_as_input(ModelBuilder::Tensor tensor) override {
    const Value in = input(0);
    values_.keep(id_, {tensor, in.scale, in.zero_point, in.layout});
  }

  void require_same_storage() const override { require_storage_of(*node_, node_->inputs[0]); }

  // Moved numbers stay what they are: a layer that also says how to store them anew would compute.
  void require_storage_of(const Node& node, NodeId source) const {
    if (node.quantization && node.quantization != graph_.node(source).quantization)
      refuse_node(node, "its numbers are stored in another way than those of '" + graph_.node(source).name +
                            "', which it only moves; quantize both alike");
  }

  Requantization factor(double real) const override {
    return named(*node_, [&] { return requantization_between(real); });
  }
  Requantization dyadic_factor(double real, int bits) const override {
    return named(*node_, [&] { return dyadic_between(real, bits); });
  }

  PackedWeights pack(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                     const Value& in, const ActivationFormat& out, size_t packed_count,
                     const std::function<size_t(size_t, size_t)>& place) const override {
    return named(*node_, [&] { return pack_weights(weight, bias, quantization, in, out, packed_count, place); });
  }

  // Layers that change which number stands where. A chain of them (a channel shuffle is a reshape, a transpose and a
  // reshape; a shortcut is a slice of rows, one of columns and a pad) may pass through orders that the engine has no
  // tensor for; only what another layer reads counts.
  void rearrange() override {
    if (fixed_input(0) != nullptr) input(0);
    require_storage_of(*node_, node_->inputs[0]);
    values_.move(id_);
  }

  MatrixTarget matrix_target() override {
    NodeId last = id_;
    for (;;) {
      const std::vector<NodeId> readers = graph_.readers(last);
      if (graph_.is_output(last) || readers.size() != 1 || !rearranges(graph_.node(readers[0]).layer)) break;
      last = readers[0];
    }
    // Whoever reads the end of the chain wants rows: numbers are written there, where strides can say so.
    for (; last != id_; last = graph_.node(last).inputs[0])
      if (auto found = matrix_target_at(last)) return *found;
    return *matrix_target_at(id_);
  }

  std::optional<MatrixTarget> matrix_target_at(NodeId last) {
    const Node& end = graph_.node(last);
    std::vector<int64_t> places(static_cast<size_t>(element_count(node_->shape)), -1);
    const std::vector<int32_t> from = values_.places_through(id_, last);
    if (from.size() != places.size()) return std::nullopt;
    for (size_t i = 0; i < from.size(); ++i)
      if (from[i] >= 0) places[static_cast<size_t>(from[i])] = static_cast<int64_t>(i);
    const auto affine = affine_places(places, node_->shape);
    if (!affine) return std::nullopt;
    MatrixTarget found{
        {last, format_of(*node_), {}}, extents_of(end.shape, Layout::rows), affine->first, affine->strides};
    for (NodeId id = last; id != id_; id = graph_.node(id).inputs[0]) done_.insert(id);
    return found;
  }

  const Graph graph_;
  ModelBuilder builder_;
  StoredValues values_;
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
