#include "quant_models/layers/divide.hpp"

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

// By fixed numbers it is a product.
void import_div(OnnxNode& node) {
  if (node.known(1) == nullptr) return import_pairwise(node, Divide{});
  const NodeId first = node.value(0);
  node.emit(Multiply{}, {first, operand(node, "reciprocal", [](float x) { return 1 / x; })});
}

}  // namespace

std::string Divide::describe() const {
  return "divide";
}

Shape Divide::infer_shape(std::span<const Shape> in) const {
  return broadcast(in[0], in[1]);
}

Step Divide::make_step(const Shape& out, std::span<const Shape> in) const {
  return make_pairwise_step(out, in, [](float a, float b) { return a / b; });
}

void Divide::write_onnx(OnnxWriter& file) const {
  file.add_node("Div");
}

OnnxOperators Divide::onnx_operators() {
  return {{"Div", import_div}};
}

void Divide::lower(Lowering& engine) const {
  engine.refuse("the engine has no such layer");
}

}  // namespace flashcell::quant
