#include "quant_models/layers/multiply.hpp"

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

void import_multiply(OnnxNode& node) {
  import_pairwise(node, Multiply{});
}

void import_neg(OnnxNode& node) {
  const NodeId x = node.value(0);
  node.emit(Multiply{}, {x, node.helper("minus", Constant{number(-1)}, {})});
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
  return {{"Mul", import_multiply}, {"Neg", import_neg}};
}

void Multiply::lower(Lowering& engine) const {
  const auto [a, b] = engine.pair();
  const Lowering::Target target = engine.target();
  const double real = a.scale * b.scale / static_cast<double>(target.format.scale);
  engine.keep(
      target,
      engine.builder().multiply(engine.name(), a.tensor, b.tensor, engine.factor(real), target.format, target.clamp),
      a.layout);
}

}  // namespace flashcell::quant
