#include "quant_models/onnx/export.hpp"

#include <algorithm>
#include <set>

#include "base/output_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/metadata_properties.hpp"
#include "quant_models/onnx/tensor_data.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx_file::AttributeProto;
using onnx_file::GraphProto;
using onnx_file::ModelProto;
using onnx_file::NodeProto;

constexpr int kOpset = 13, kIrVersion = 7, kMostBits = 8;

// AttributeProto.AttributeType.
constexpr int kFloatAttribute = 1, kIntAttribute = 2, kStringAttribute = 3, kIntsAttribute = 7;

void set(NodeProto& node, const char* name, int64_t value) {
  AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(kIntAttribute);
  attribute->set_i(value);
}

void set(NodeProto& node, const char* name, float value) {
  AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(kFloatAttribute);
  attribute->set_f(value);
}

void set(NodeProto& node, const char* name, const char* value) {
  AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(kStringAttribute);
  attribute->set_s(value);
}

void set(NodeProto& node, const char* name, const std::vector<int64_t>& values) {
  AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(kIntsAttribute);
  for (const int64_t value : values) attribute->add_ints(value);
}

class Exporter {
 public:
  explicit Exporter(const Graph& graph) : graph_(graph), names_(graph.id_limit()) {
    for (const Output& output : graph.outputs()) taken_.insert(output.name);
  }

  std::string write(const Metadata& metadata) {
    ModelProto model;
    onnx::write_properties(metadata, model);
    model.set_ir_version(kIrVersion);
    model.set_producer_name("flashcell");
    model.add_opset_import()->set_version(kOpset);
    file_ = model.mutable_graph();
    file_->set_name("network");
    for (const NodeId id : graph_.order()) write_node(id);
    for (const Output& output : graph_.outputs()) write_output(output);
    return model.SerializeAsString();
  }

 private:
  std::string& name_of(NodeId id) { return names_[static_cast<size_t>(id)]; }

  std::string free(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !taken_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  // The name under which the node's value is known in the end: that of the first output it is, if any.
  std::string final_name(NodeId id) {
    for (const Output& output : graph_.outputs())
      if (output.node == id && !std::holds_alternative<Input>(graph_.node(id).layer)) return output.name;
    return free(graph_.node(id).name);
  }

  NodeProto& add(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                 const std::string& output) {
    NodeProto* node = file_->add_node();
    node->set_op_type(type);
    node->set_name(name);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return *node;
  }

  // An initializer; its name.
  template <class... Numbers>
  std::string store(const std::string& wanted, const Numbers&... numbers) {
    const std::string name = free(wanted);
    *file_->add_initializer() = onnx::write_tensor(name, numbers...);
    return name;
  }

  std::string store(const std::string& wanted, const Tensor& tensor) {
    return store(wanted, tensor.shape, tensor.values);
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
    output_ = quantized && !input ? free(node.name + ".real") : final;
    std::visit([this](const auto& layer) { write(layer); }, node.layer);
    if (!quantized) return;
    if (input) name_of(id) = free(node.name + ".quantized");
    write_quantized(node.name, *node.quantization, output_, name_of(id));
  }

  void write_output(const Output& output) {
    if (name_of(output.node) != output.name)
      add("Identity", free(output.name + ".name"), {name_of(output.node)}, output.name);
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
  static Storage storage_of_value(const Quantization& q) { return {onnx::kUint8, q.is_signed ? 128 : 0}; }

  // Symmetric weights are signed: unsigned times signed bytes is what processors multiply fastest.
  static Storage storage_of_weight(const Quantization& q) { return {q.is_signed ? onnx::kInt8 : onnx::kUint8, 0}; }

  void require_bits(const Quantization& q) const {
    if (q.bits > kMostBits)
      throw ModelError("node '" + node_->name + "': " + std::to_string(q.bits) +
                       " bits cannot be written to ONNX operator set " + std::to_string(kOpset) + "; at most 8 can");
  }

  // {integers, scale, zero point}, as both operators want them.
  std::vector<std::string> parameters(const std::string& name, const Quantization& q, const Storage& storage,
                                      const std::string& numbers) {
    require_bits(q);
    const Shape shape = q.per_channel() ? Shape{static_cast<int64_t>(q.scale.size())} : Shape{};
    return {numbers, store(name + ".scale", shape, q.scale),
            store(name + ".zero_point", shape, storage.type, storage.of(q.zero_point))};
  }

  void add_with_axis(const char* type, const std::string& name, const Quantization& q,
                     const std::vector<std::string>& inputs, const std::string& output) {
    NodeProto& node = add(type, name, inputs, output);
    if (q.per_channel()) set(node, "axis", static_cast<int64_t>(q.axis));
  }

  // Cuts 8-bit integers to the range of fewer; the name of the result.
  std::string write_range(const std::string& name, const Quantization& q, const Storage& storage,
                          const std::string& integers) {
    const std::string clipped = free(name + ".clipped");
    add("Clip", name + ".clip",
        {integers, store(name + ".lowest", Shape{}, storage.type, storage.of({q.lowest()})),
         store(name + ".highest", Shape{}, storage.type, storage.of({q.highest()}))},
        clipped);
    return clipped;
  }

  void write_quantized(const std::string& name, const Quantization& q, const std::string& real,
                       const std::string& result) {
    const Storage storage = storage_of_value(q);
    std::vector<std::string> inputs = parameters(name, q, storage, real);
    std::string integers = free(name + ".integers");
    add_with_axis("QuantizeLinear", name + ".quantize", q, inputs, integers);
    if (q.bits < kMostBits || q.narrow) integers = write_range(name, q, storage, integers);
    inputs[0] = integers;
    add_with_axis("DequantizeLinear", name + ".dequantize", q, inputs, result);
  }

  std::string write_weight(const Tensor& weight, const std::optional<Quantization>& q) {
    const std::string name = node_->name + ".weight";
    if (!q) return store(name, weight);
    require_bits(*q);
    const std::vector<int32_t> steps = quantize(weight, *q);
    const bool lowest_occurs = std::find(steps.begin(), steps.end(), -128) != steps.end();
    const Storage storage = storage_of_weight(*q);
    std::string integers = store(name + ".integers", weight.shape, storage.type, storage.of(steps));
    // Readers take 8-bit weights without -128 for narrow ones.
    if (q->bits < kMostBits || (q->is_signed && q->narrow == lowest_occurs))
      integers = write_range(name, *q, storage, integers);
    const std::string real = free(name);
    add_with_axis("DequantizeLinear", name + ".dequantize", *q, parameters(name, *q, storage, integers), real);
    return real;
  }

  // ---- layers

  NodeProto& add_layer(const char* type) { return add(type, node_->name, inputs_, output_); }

  void add_parameter(const char* suffix, const Tensor& tensor) {
    inputs_.push_back(store(node_->name + "." + suffix, tensor));
  }

  void add_integers(const char* suffix, const std::vector<int64_t>& integers) {
    inputs_.push_back(store(node_->name + "." + suffix, integers));
  }

  void write(const Input& layer) { write_value_info(*file_->add_input(), output_, layer.shape); }

  void write(const Constant& layer) {
    *file_->add_initializer() = onnx::write_tensor(output_, layer.value.shape, layer.value.values);
  }

  void write(const Convolution& layer) {
    const Shape& w = layer.weight.shape;
    inputs_.push_back(write_weight(layer.weight, layer.weight_quantization));
    if (!layer.bias.empty()) add_parameter("bias", layer.bias);
    NodeProto& node = add_layer("Conv");
    set(node, "kernel_shape", {w[2], w[3]});
    write_windows(node, layer.stride, layer.padding);
    set(node, "group", static_cast<int64_t>(layer.groups));
  }

  static void write_windows(NodeProto& node, const Stride& stride, const Padding& p) {
    set(node, "strides", {stride.rows, stride.columns});
    set(node, "pads", {p.top, p.left, p.bottom, p.right});
  }

  void write(const FullyConnected& layer) {
    if (node_->shape.size() == 2) {
      inputs_.push_back(write_weight(layer.weight, layer.weight_quantization));
      if (!layer.bias.empty()) add_parameter("bias", layer.bias);
      return set(add_layer("Gemm"), "transB", int64_t{1});
    }
    const std::string weight = write_weight(layer.weight, layer.weight_quantization),
                      turned = free(node_->name + ".turned");
    set(add("Transpose", node_->name + ".turn", {weight}, turned), "perm", {1, 0});
    const std::string product = layer.bias.empty() ? output_ : free(node_->name + ".product");
    add("MatMul", layer.bias.empty() ? node_->name : node_->name + ".multiply", {inputs_[0], turned}, product);
    if (!layer.bias.empty()) add("Add", node_->name, {product, store(node_->name + ".bias", layer.bias)}, output_);
  }

  void write(const BatchNormalization& layer) {
    add_parameter("scale", layer.scale);
    add_parameter("bias", layer.bias);
    add_parameter("mean", layer.mean);
    add_parameter("variance", layer.variance);
    set(add_layer("BatchNormalization"), "epsilon", layer.epsilon);
  }

  void write(const Activation& layer) {
    switch (layer.kind) {
      case ActivationKind::relu:
        add_layer("Relu");
        return;
      case ActivationKind::clip:
        add_parameter("low", {{}, {layer.low}});
        add_parameter("high", {{}, {layer.high}});
        add_layer("Clip");
        return;
      case ActivationKind::leaky_relu:
        return set(add_layer("LeakyRelu"), "alpha", layer.slope);
      case ActivationKind::sigmoid:
        add_layer("Sigmoid");
        return;
      case ActivationKind::tanh:
        add_layer("Tanh");
        return;
      case ActivationKind::hard_sigmoid:
        return write_hard_sigmoid(node_->name, layer.slope, layer.offset, output_);
      case ActivationKind::swish:
      case ActivationKind::hard_swish:
        return write_gated(layer.kind == ActivationKind::hard_swish);
    }
  }

  void write_hard_sigmoid(const std::string& name, float slope, float offset, const std::string& output) {
    NodeProto& node = add("HardSigmoid", name, inputs_, output);
    set(node, "alpha", slope);
    set(node, "beta", offset);
  }

  void write_gated(bool hard) {
    const std::string gate = free(node_->name + ".gate");
    if (hard) {
      write_hard_sigmoid(gate, 1.0F / 6, 0.5F, gate);
    } else {
      add("Sigmoid", gate, inputs_, gate);
    }
    inputs_.push_back(gate);
    add_layer("Mul");
  }

  void write(const Softmax& layer) { set(add_layer("Softmax"), "axis", static_cast<int64_t>(layer.axis)); }

  void write(const Pool& layer) {
    const bool average = layer.kind == PoolKind::average;
    NodeProto& node = add_layer(average ? "AveragePool" : "MaxPool");
    set(node, "kernel_shape", {layer.kernel[0], layer.kernel[1]});
    write_windows(node, layer.stride, layer.padding);
    if (average) set(node, "count_include_pad", int64_t{layer.count_padding});
  }

  void write(const GlobalPool& layer) {
    add_layer(layer.kind == PoolKind::average ? "GlobalAveragePool" : "GlobalMaxPool");
  }

  void write(const Add&) { add_layer("Add"); }
  void write(const Multiply&) { add_layer("Mul"); }
  void write(const Concat& layer) { set(add_layer("Concat"), "axis", static_cast<int64_t>(layer.axis)); }

  void write(const Slice& layer) {
    add_integers("begin", {layer.begin});
    add_integers("end", {layer.end});
    add_integers("axis", {layer.axis});
    add_integers("step", {layer.step});
    add_layer("Slice");
  }

  void write(const Pad& layer) {
    std::vector<int64_t> pads = layer.before;
    pads.insert(pads.end(), layer.after.begin(), layer.after.end());
    add_integers("pads", pads);
    add_parameter("value", {{}, {layer.value}});
    add_layer("Pad");
  }

  void write(const ResizeNearest& layer) {
    inputs_.emplace_back();
    add_parameter("scales", {{4}, {1, 1, static_cast<float>(layer.rows), static_cast<float>(layer.columns)}});
    NodeProto& node = add_layer("Resize");
    set(node, "mode", "nearest");
    set(node, "coordinate_transformation_mode", "asymmetric");
    set(node, "nearest_mode", "floor");
  }

  void write(const Reshape& layer) {
    add_integers("shape", layer.target);
    add_layer("Reshape");
  }

  void write(const Transpose& layer) {
    set(add_layer("Transpose"), "perm", std::vector<int64_t>(layer.order.begin(), layer.order.end()));
  }

  const Graph& graph_;
  GraphProto* file_ = nullptr;
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
