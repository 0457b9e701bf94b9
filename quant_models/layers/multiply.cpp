#include "quant_models/layers/multiply.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

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

}  // namespace flashcell::quant
