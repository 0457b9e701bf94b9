#include "quant_models/onnx/export.hpp"

#include <algorithm>
#include <set>

#include "base/output_file.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/log_sqrt2.hpp"
#include "quant_models/onnx/metadata_properties.hpp"
#include "quant_models/onnx/tensor_data.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

using onnx_file::AttributeProto;
using onnx_file::GraphProto;
using onnx_file::ModelProto;
using onnx_file::NodeProto;

constexpr int kByteBits = 8;

/// An operator set and the file format that it needs.
struct Version {
  int opset, ir;
};
constexpr Version kUsual{13, 7}, kWithShorts{21, 10};

Version version_for(const Graph& graph) {
  const bool shorts = std::any_of(graph.order().begin(), graph.order().end(), [&](NodeId id) {
    const std::optional<Quantization>& q = graph.node(id).quantization;
    return q && q->bits > kByteBits;
  });
  return shorts ? kWithShorts : kUsual;
}

// AttributeProto.AttributeType.
constexpr int kFloatAttribute = 1, kIntAttribute = 2, kStringAttribute = 3, kIntsAttribute = 7;

void set(NodeProto& node, const OnnxAttribute& attribute) {
  AttributeProto& written = *node.add_attribute();
  written.set_name(attribute.name);
  if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    written.set_type(kIntAttribute);
    written.set_i(*integer);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    written.set_type(kFloatAttribute);
    written.set_f(*real);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    written.set_type(kStringAttribute);
    written.set_s(*text);
  } else {
    written.set_type(kIntsAttribute);
    for (const int64_t each : std::get<std::vector<int64_t>>(attribute.value)) written.add_ints(each);
  }
}

/// The file, and the layer's view of it.
class Exporter : private OnnxWriter {
 public:
  explicit Exporter(const Graph& graph) : graph_(graph), version_(version_for(graph)), names_(graph.id_limit()) {
    for (const Output& output : graph.outputs()) taken_.insert(output.name);
  }

  std::string write(const Metadata& metadata) {
    ModelProto model;
    onnx::write_properties(metadata, model);
    model.set_ir_version(version_.ir);
    model.set_producer_name("flashcell");
    model.add_opset_import()->set_version(version_.opset);
    file_ = model.mutable_graph();
    file_->set_name("network");
    for (const NodeId id : graph_.order()) write_node(id);
    for (const Output& output : graph_.outputs()) write_output(output);
    if (calls_log_sqrt2_) {
      model.set_ir_version(std::max<int64_t>(version_.ir, onnx::kFunctionIrVersion));
      onnx::add_log_sqrt2_function(model, version_.opset);
    }
    return model.SerializeAsString();
  }

 private:
  std::string& name_of(NodeId id) { return names_[static_cast<size_t>(id)]; }

  int64_t opset() const override { return version_.opset; }
  const std::string& name() const override { return node_->name; }
  const Names& inputs() const override { return inputs_; }
  const std::string& output() const override { return output_; }
  const Shape& shape() const override { return node_->shape; }
  const Shape& input_shape(size_t i) const override { return graph_.node(node_->inputs[i]).shape; }

  std::string free_name(const std::string& wanted) override {
    std::string name = wanted;
    for (int i = 2; !taken_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  // The name under which the node's value is known in the end: that of the first output it is, if any.
  std::string final_name(NodeId id) {
    for (const Output& output : graph_.outputs())
      if (output.node == id && !std::holds_alternative<Input>(graph_.node(id).layer)) return output.name;
    return free_name(graph_.node(id).name);
  }

  void add(const std::string& type, const std::string& name, const Names& inputs, const std::string& output,
           const Attributes& attributes = {}) override {
    NodeProto& node = *file_->add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    for (const OnnxAttribute& attribute : attributes) set(node, attribute);
  }

  // An initializer; its name.
  template <class... Numbers>
  std::string store_as(const std::string& wanted, const Numbers&... numbers) {
    const std::string name = free_name(wanted);
    *file_->add_initializer() = onnx::write_tensor(name, numbers...);
    return name;
  }

  std::string store_tensor(const std::string& wanted, const Tensor& tensor) override {
    return store_as(wanted, tensor.shape, tensor.values);
  }

  std::string store_integers(const std::string& wanted, const std::vector<int64_t>& integers) override {
    return store_as(wanted, integers);
  }

  void write_input(const Shape& shape) override { write_value_info(*file_->add_input(), output_, shape); }

  void write_constant(const Tensor& tensor) override {
    *file_->add_initializer() = onnx::write_tensor(output_, tensor.shape, tensor.values);
  }

  void write_node(NodeId id) {
    const Node& node = graph_.node(id);
    const std::string final = final_name(id);
    name_of(id) = final;
    node_ = &node;
    inputs_.clear();
    for (const NodeId input : node.inputs) inputs_.push_back(name_of(input));
    // A quantized value has its final name behind QuantizeLinear and DequantizeLinear, but an input's name is its own.
    const bool input = std::holds_alternative<Input>(node.layer);
    const bool quantized = node.quantization.has_value();
    output_ = quantized && !input ? free_name(node.name + ".real") : final;
    write_onnx(node.layer, *this);
    if (!quantized) return;
    if (input) name_of(id) = free_name(node.name + ".quantized");
    write_quantized(node.name, *node.quantization, output_, name_of(id));
  }

  void write_output(const Output& output) {
    if (name_of(output.node) != output.name)
      add("Identity", free_name(output.name + ".name"), {name_of(output.node)}, output.name);
    write_value_info(*file_->add_output(), output.name, graph_.node(output.node).shape);
  }

  static void write_value_info(onnx_file::ValueInfoProto& info, const std::string& name, const Shape& shape) {
    info.set_name(name);
    onnx_file::TensorTypeProto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::kFloat);
    type->mutable_shape();
    for (const int64_t extent : shape) type->mutable_shape()->add_dim()->set_dim_value(extent);
  }

  // ---- quantization

  /// The type of integers in the file, and what is added to ours to get them.
  struct Storage {
    int type = onnx::kUint8;
    int32_t shift = 0;

    std::vector<int32_t> of(std::vector<int32_t> integers) const {
      for (int32_t& integer : integers) integer += shift;
      return integers;
    }
  };

  // Values are all unsigned, signed ones moved by 128: runtimes join a layer with the QuantizeLinear and
  // DequantizeLinear around it only where what it reads and what it makes have one type.
  static Storage storage_of_value(const Quantization& q) {
    const bool bytes = q.bits <= kByteBits;
    return {bytes ? onnx::kUint8 : onnx::kUint16, !q.is_signed ? 0 : bytes ? 1 << 7 : 1 << 15};
  }

  // Symmetric weights are signed: unsigned times signed bytes is what processors multiply fastest.
  static Storage storage_of_weight(const Quantization& q) { return {q.is_signed ? onnx::kInt8 : onnx::kUint8, 0}; }

  void require_bytes(const Quantization& q) const {
    if (q.bits > kByteBits)
      throw ModelError("node '" + node_->name + "': weights of " + std::to_string(q.bits) +
                       " bits cannot be written to ONNX; at most 8 can");
  }

  // {integers, scale, zero point}, as both operators want them.
  std::vector<std::string> parameters(const std::string& name, const Quantization& q, const Storage& storage,
                                      const std::string& numbers) {
    const Shape shape = q.per_channel() ? Shape{static_cast<int64_t>(q.scale.size())} : Shape{};
    return {numbers, store_as(name + ".scale", shape, q.scale),
            store_as(name + ".zero_point", shape, storage.type, storage.of(q.zero_point))};
  }

  void add_with_axis(const char* type, const std::string& name, const Quantization& q,
                     const std::vector<std::string>& inputs, const std::string& output) {
    add(type, name, inputs, output, q.per_channel() ? Attributes{{"axis", int64_t{q.axis}}} : Attributes{});
  }

  // Cuts 8-bit integers to the range of fewer; the name of the result.
  std::string write_range(const std::string& name, const Quantization& q, const Storage& storage,
                          const std::string& integers) {
    const std::string clipped = free_name(name + ".clipped");
    add("Clip", name + ".clip",
        {integers, store_as(name + ".lowest", Shape{}, storage.type, storage.of({q.lowest()})),
         store_as(name + ".highest", Shape{}, storage.type, storage.of({q.highest()}))},
        clipped);
    return clipped;
  }

  void write_quantized(const std::string& name, const Quantization& q, const std::string& real,
                       const std::string& result) {
    if (q.kind == QuantizationKind::log_sqrt2) return write_log_sqrt2(name, q, real, result);
    const Storage storage = storage_of_value(q);
    std::vector<std::string> inputs = parameters(name, q, storage, real);
    std::string integers = free_name(name + ".integers");
    add_with_axis("QuantizeLinear", name + ".quantize", q, inputs, integers);
    if (q.bits < (q.bits <= kByteBits ? kByteBits : kMaxBits) || q.narrow)
      integers = write_range(name, q, storage, integers);
    inputs[0] = integers;
    add_with_axis("DequantizeLinear", name + ".dequantize", q, inputs, result);
  }

  void write_log_sqrt2(const std::string& name, const Quantization& q, const std::string& real,
                       const std::string& result) {
    if (q.per_channel()) throw ModelError("node '" + node_->name + "': log sqrt 2 is written with one scale only");
    add(onnx::kLogSqrt2, name + ".quantize",
        {real, store_as(name + ".scale", Shape{}, q.scale),
         store_as(name + ".highest", Shape{}, std::vector<float>{static_cast<float>(q.highest())})},
        result);
    file_->mutable_node(file_->node_size() - 1)->set_domain(onnx::kOwnDomain);
    calls_log_sqrt2_ = true;
  }

  std::string store_weight(const Tensor& weight, const std::optional<Quantization>& q) override {
    const std::string name = node_->name + ".weight";
    if (!q) return store_tensor(name, weight);
    if (q->kind != QuantizationKind::affine)
      throw ModelError("node '" + node_->name + "': logarithmic weights cannot be written to ONNX");
    require_bytes(*q);
    const std::vector<int32_t> steps = quantize(weight, *q);
    const bool lowest_occurs = std::find(steps.begin(), steps.end(), -128) != steps.end();
    const Storage storage = storage_of_weight(*q);
    std::string integers = store_as(name + ".integers", weight.shape, storage.type, storage.of(steps));
    // Readers take 8-bit weights without -128 for narrow ones.
    if (q->bits < kByteBits || (q->is_signed && q->narrow == lowest_occurs))
      integers = write_range(name, *q, storage, integers);
    const std::string real = free_name(name);
    add_with_axis("DequantizeLinear", name + ".dequantize", *q, parameters(name, *q, storage, integers), real);
    return real;
  }

  const Graph& graph_;
  const Version version_;
  GraphProto* file_ = nullptr;
  bool calls_log_sqrt2_ = false;
  std::set<std::string> taken_;
  std::vector<std::string> names_;  // of the values, by node
  // The node being written:
  const Node* node_ = nullptr;
  std::vector<std::string> inputs_;
  std::string output_;
};

}  // namespace

std::string export_onnx(const Graph& graph, const Metadata& metadata) {
  return Exporter(graph).write(metadata);
}

void export_onnx(const Graph& graph, const std::string& path, const Metadata& metadata) {
  write_file(path, export_onnx(graph, metadata));
}

}  // namespace flashcell::quant
