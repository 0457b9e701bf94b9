#include <algorithm>
#include <limits>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_tables.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant::onnx {
namespace {

// A Gemm's bias: one number for all, one for each output, or anything else that fits the result: then a sum of its own.
void emit_with_bias(OperatorContext& c, FullyConnected layer, const Known* bias, float beta) {
  const int64_t outputs = layer.weight.shape[0];
  if (bias == nullptr) return (void)c.emit(std::move(layer), {c.value(0)});
  if (bias->integer()) throw ModelError("its bias is not of real numbers");
  Tensor numbers = bias->tensor();
  for (float& number : numbers.values) number *= beta;
  const bool one = numbers.values.size() == 1, each = numbers.values.size() == static_cast<size_t>(outputs);
  if (one || (each && numbers.shape.back() == outputs)) {
    layer.bias = {{outputs},
                  one ? std::vector<float>(static_cast<size_t>(outputs), numbers.values[0]) : numbers.values};
    c.emit(std::move(layer), {c.value(0)});
  } else {
    const NodeId product = c.helper("product", std::move(layer), {c.value(0)});
    c.emit(Add{}, {product, c.helper("bias", Constant{std::move(numbers)}, {})});
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

void emit_fully_connected(OperatorContext& c, bool weight_is_transposed, float alpha, float beta) {
  const Known& given = c.require_known(1, "weight");
  if (given.dims.size() != 2 || given.integer()) throw ModelError("its weight is not a matrix of real numbers");
  if (given.dims[0] < 1 || given.dims[1] < 1) throw ModelError("its weight is empty");
  const Known weight = weight_is_transposed ? given : transposed(given);
  FullyConnected layer{weight.tensor(), {}, weight.quantization};
  if (alpha != 1) {
    for (float& w : layer.weight.values) w *= alpha;
    layer.weight_quantization.reset();
  }
  emit_with_bias(c, std::move(layer), c.has(2) ? &c.require_known(2, "bias") : nullptr, beta);
}

void import_gemm(OperatorContext& c) {
  c.require_attribute("transA", 0, 0);
  emit_fully_connected(c, c.integer("transB", 0) != 0, c.real("alpha", 1), c.real("beta", 1));
}

void import_matmul(OperatorContext& c) {
  emit_fully_connected(c, false, 1, 1);
}

void import_batch_normalization(OperatorContext& c) {
  c.require_attribute("training_mode", 0, 0);
  if (c.opset() < 9) c.require_attribute("spatial", 1, 1);
  if (c.opset() < 7) c.require_attribute("is_test", 1, 0);
  for (int i = 1; i < c.node().output_size(); ++i)
    if (!c.node().output(i).empty()) throw ModelError("it gives the batch's statistics: it was exported for training");
  const Shape& in = c.shape(0);
  if (in.size() < 2) throw ModelError("its input has no channels");
  BatchNormalization layer;
  Tensor* const parts[] = {&layer.scale, &layer.bias, &layer.mean, &layer.variance};
  const char* const names[] = {"scale", "bias", "mean", "variance"};
  for (int i = 0; i < 4; ++i) *parts[i] = vector_of(c.require_known(i + 1, names[i]), in[1], names[i]);
  layer.epsilon = c.real("epsilon", 1e-5F);
  c.emit(std::move(layer), {c.value(0)});
}

void import_activation(OperatorContext& c) {
  const std::string& type = c.type();
  Activation layer;
  if (type == "LeakyRelu") layer = {.kind = ActivationKind::leaky_relu, .slope = c.real("alpha", 0.01F)};
  if (type == "Sigmoid") layer.kind = ActivationKind::sigmoid;
  if (type == "Tanh") layer.kind = ActivationKind::tanh;
  if (type == "HardSwish") layer.kind = ActivationKind::hard_swish;
  if (type == "HardSigmoid")
    layer = {.kind = ActivationKind::hard_sigmoid, .slope = c.real("alpha", 0.2F), .offset = c.real("beta", 0.5F)};
  c.emit(layer, {c.value(0)});
}

void import_clip(OperatorContext& c) {
  constexpr float kMost = std::numeric_limits<float>::max();
  Activation layer{.kind = ActivationKind::clip};
  layer.low = c.opset() < 11 ? c.real("min", -kMost) : c.number(1, -kMost);
  layer.high = c.opset() < 11 ? c.real("max", kMost) : c.number(2, kMost);
  c.emit(layer, {c.value(0)});
}

// Below operator set 13 it runs over all dimensions from the axis on.
void import_softmax(OperatorContext& c) {
  const Shape in = c.shape(0);
  const auto axis = static_cast<size_t>(checked_axis(c.integer("axis", c.opset() < 13 ? 1 : -1), in.size()));
  int64_t behind = 1;
  for (size_t i = axis + 1; i < in.size(); ++i) behind *= in[i];
  if (c.opset() >= 13 || behind == 1) return (void)c.emit(Softmax{static_cast<int>(axis)}, {c.value(0)});
  Shape flat(in.begin(), in.begin() + static_cast<ptrdiff_t>(axis));
  flat.push_back(behind * in[axis]);
  const NodeId together = c.helper("together", Reshape{std::move(flat)}, {c.value(0)});
  c.emit_reshape(c.helper("softmax", Softmax{-1}, {together}), in);
}

}  // namespace

OperatorTable computing_operators() {
  return {
      {"BatchNormalization", import_batch_normalization},
      {"Clip", import_clip},
      {"Gemm", import_gemm},
      {"HardSigmoid", import_activation},
      {"HardSwish", import_activation},
      {"LeakyRelu", import_activation},
      {"MatMul", import_matmul},
      {"Relu", import_activation},
      {"Sigmoid", import_activation},
      {"Softmax", import_softmax},
      {"Tanh", import_activation},
  };
}

}  // namespace flashcell::quant::onnx
