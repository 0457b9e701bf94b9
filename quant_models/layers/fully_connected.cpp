#include "quant_models/layers/fully_connected.hpp"

#include <memory>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/row_product.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::Known;

// A Gemm's bias: one number for all, one for each output, or anything else that fits the result: then a sum of its own.
void emit_with_bias(OnnxNode& node, FullyConnected layer, const Known* bias, float beta) {
  const int64_t outputs = layer.weight.shape[0];
  if (bias == nullptr) return (void)node.emit(std::move(layer), {node.value(0)});
  if (bias->integer()) throw ModelError("its bias is not of floating-point numbers");
  Tensor numbers = bias->tensor();
  for (float& number : numbers.values) number *= beta;
  const bool one = numbers.values.size() == 1, each = numbers.values.size() == static_cast<size_t>(outputs);
  if (one || (each && numbers.shape.back() == outputs)) {
    layer.bias = {{outputs},
                  one ? std::vector<float>(static_cast<size_t>(outputs), numbers.values[0]) : numbers.values};
    node.emit(std::move(layer), {node.value(0)});
  } else {
    const NodeId product = node.helper("product", std::move(layer), {node.value(0)});
    node.emit(Add{}, {product, node.helper("bias", Constant{std::move(numbers)}, {})});
  }
}

// A matrix I x O as O x I, with its quantization.
Known transposed(const Known& matrix) {
  Known result = matrix;
  result.dims = {matrix.dims[1], matrix.dims[0]};
  const auto rows = static_cast<size_t>(matrix.dims[0]), columns = static_cast<size_t>(matrix.dims[1]);
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) result.reals[k * rows + r] = matrix.reals[r * columns + k];
  if (result.quantization && result.quantization->per_channel())
    result.quantization->axis = 1 - result.quantization->axis;
  return result;
}

void emit_fully_connected(OnnxNode& node, bool weight_is_transposed, float alpha, float beta) {
  const Known& given = node.require_known(1, "weight");
  if (given.dims.size() != 2 || given.integer())
    throw ModelError("its weight is not a matrix of floating-point numbers");
  if (given.dims[0] < 1 || given.dims[1] < 1) throw ModelError("its weight is empty");
  const Known weight = weight_is_transposed ? given : transposed(given);
  FullyConnected layer{weight.tensor(), {}, weight.quantization};
  if (alpha != 1) {
    for (float& w : layer.weight.values) w *= alpha;
    layer.weight_quantization.reset();
  }
  emit_with_bias(node, std::move(layer), node.has(2) ? &node.require_known(2, "bias") : nullptr, beta);
}

// alpha A B + beta C of values.
void emit_general_product(OnnxNode& node) {
  const auto turned = [&](int input, const char* attribute, const char* name) {
    if (node.shape(input).size() != 2) throw ModelError("its inputs are no matrices");
    const NodeId x = node.value(input);
    return node.integer(attribute, 0) != 0 ? node.helper(name, Transpose{{1, 0}}, {x}) : x;
  };
  const NodeId a = turned(0, "transA", "turned_a"), b = turned(1, "transB", "turned_b");
  const Product product{node.real("alpha", 1)};
  if (!node.has(2)) return (void)node.emit(product, {a, b});
  const float beta = node.real("beta", 1);
  const NodeId c = beta == 1 ? node.value(2) : scaled(node, node.value(2), beta, "beta");
  node.emit(Add{}, {node.helper("product", product, {a, b}), c});
}

void import_gemm(OnnxNode& node) {
  const bool fixed_bias = !node.has(2) || node.known(2) != nullptr;
  if (node.known(1) == nullptr || node.integer("transA", 0) != 0 || !fixed_bias) return emit_general_product(node);
  emit_fully_connected(node, node.integer("transB", 0) != 0, node.real("alpha", 1), node.real("beta", 1));
}

void import_matmul(OnnxNode& node) {
  const Known* weight = node.known(1);
  if (weight == nullptr || weight->dims.size() != 2) return emit_product(node);
  emit_fully_connected(node, false, 1, 1);
}

}  // namespace

std::string FullyConnected::describe() const {
  return "fully connected";
}

Shape FullyConnected::infer_shape(std::span<const Shape> in) const {
  const Shape& w = weight.shape;
  require(w.size() == 2, "its weight has shape " + to_string(w) + ", expected O x I");
  require_tensor(weight, "weight");
  if (!bias.empty()) require_vector(bias, w[0], "bias");
  require(!in[0].empty() && in[0].back() == w[1],
          "its weight " + to_string(w) + " does not fit an input of shape " + to_string(in[0]));
  require_weight_quantization(weight_quantization, w[0]);
  Shape out = in[0];
  out.back() = w[0];
  return out;
}

Step FullyConnected::make_step(const Shape&, std::span<const Shape> in) const {
  const Tensor matrix = effective(weight, weight_quantization);
  const int outputs = static_cast<int>(matrix.shape[0]), inputs = static_cast<int>(matrix.shape[1]);
  const int64_t vectors = element_count(in[0]) / inputs;
  auto product = std::make_shared<RowProduct>(inputs, outputs);
  product->pack(matrix.values.data(), 1, inputs);
  product->set_bias(bias.values);
  return [vectors, product](StepInputs numbers, float* out) { product->multiply(numbers[0], vectors, out); };
}

void FullyConnected::write_onnx(OnnxWriter& file) const {
  const std::string matrix = file.store_weight(weight, weight_quantization);
  if (file.shape().size() == 2) {
    OnnxWriter::Names parameters = {matrix};
    if (!bias.empty()) parameters.push_back(file.store("bias", bias));
    return file.add_node("Gemm", parameters, {{"transB", int64_t{1}}});
  }
  // Other ranks are a product with the turned matrix.
  const std::string& name = file.name();
  const std::string turned = file.free_name(name + ".turned");
  file.add("Transpose", name + ".turn", {matrix}, turned, {{"perm", Shape{1, 0}}});
  if (bias.empty()) return file.add("MatMul", name, {file.inputs()[0], turned}, file.output());
  const std::string product = file.free_name(name + ".product");
  file.add("MatMul", name + ".multiply", {file.inputs()[0], turned}, product);
  file.add("Add", name, {product, file.store("bias", bias)}, file.output());
}

OnnxOperators FullyConnected::onnx_operators() {
  return {{"Gemm", import_gemm}, {"MatMul", import_matmul}};
}

namespace {

/// Of every row: a convolution of single pixels.
void lower_rows(const FullyConnected& layer, Lowering& engine) {
  const Lowering::Value in = engine.input(0, Layout::rows);
  const Lowering::Target target = engine.target();
  const auto inputs = static_cast<size_t>(layer.weight.shape[1]);
  const PackedWeights packed =
      engine.pack(layer.weight, layer.bias, layer.weight_quantization, in, target.format, layer.weight.values.size(),
                  [&](size_t o, size_t i) { return o * inputs + i; });
  engine.keep(target,
              engine.builder().convolution(engine.name(), in.tensor, static_cast<int>(layer.weight.shape[0]),
                                           Window::square(1), packed.view(), target.format, target.clamp),
              Layout::rows);
}

}  // namespace

void FullyConnected::lower(Lowering& engine) const {
  const Lowering::Value in = engine.input(0);
  const contract::TensorDescriptor t = engine.builder().tensor(in.tensor);
  const size_t pixels = size_t{t.height} * t.width, channels = t.channels;
  const size_t inputs = static_cast<size_t>(weight.shape[1]);
  if (engine.input_shape(0).size() != 2 || engine.input_shape(0)[0] != 1) return lower_rows(*this, engine);
  if (inputs != pixels * channels) engine.refuse("it does not read one image's whole value");
  // The graph flattens an image channel by channel, the engine pixel by pixel.
  if (in.layout == Layout::rows) return lower_rows(*this, engine);
  const Lowering::Target target = engine.target();
  const PackedWeights packed =
      engine.pack(weight, bias, weight_quantization, in, target.format, weight.values.size(),
                  [&](size_t o, size_t i) { return o * inputs + i % pixels * channels + i / pixels; });
  engine.keep(target,
              engine.builder().fully_connected(engine.name(), in.tensor, static_cast<int>(weight.shape[0]),
                                               packed.view(), target.format, target.clamp),
              Layout::rows);
}

}  // namespace flashcell::quant
