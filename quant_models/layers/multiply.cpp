#include "quant_models/layers/multiply.hpp"

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

void import_multiply(OnnxNode& node) {
  import_pairwise(node, Multiply{});
}

using onnx::Known;

void import_div(OnnxNode& node) {
  node.require_known(1, "divisor");
  const NodeId first = node.value(0);
  node.emit(Multiply{}, {first, operand(node, "reciprocal", [](float x) { return 1 / x; })});
}

void import_neg(OnnxNode& node) {
  const NodeId x = node.value(0);
  node.emit(Multiply{}, {x, node.helper("minus", Constant{number(-1)}, {})});
}

// Powers that are products.
void import_pow(OnnxNode& node) {
  const Known& exponent = node.require_known(1, "exponent");
  const double power = exponent.reals.size() == 1      ? static_cast<double>(exponent.reals[0])
                       : exponent.integers.size() == 1 ? static_cast<double>(exponent.integers[0])
                                                       : 0;
  if (power != 2 && power != 3) throw ModelError("only the powers 2 and 3 are supported");
  const NodeId x = node.value(0);
  const NodeId base = power == 3 ? node.helper("square", Multiply{}, {x, x}) : x;
  node.emit(Multiply{}, {base, x});
}

}  // namespace

std::string Multiply::describe() const {
  return "multiply";
}

Shape Multiply::infer_shape(std::span<const Shape> in) const {
  return broadcast(in[0], in[1]);
}

Step Multiply::make_step(const Shape& out, std::span<const Shape> in) const {
  return make_pairwise_step(out, in, [](float a, float b) { return a * b; });
}

void Multiply::write_onnx(OnnxWriter& file) const {
  file.add_node("Mul");
}

OnnxOperators Multiply::onnx_operators() {
  return {{"Div", import_div}, {"Mul", import_multiply}, {"Neg", import_neg}, {"Pow", import_pow}};
}

void Multiply::lower(Lowering& engine) const {
  engine.refuse("the engine has no such layer");
}

}  // namespace flashcell::quant
