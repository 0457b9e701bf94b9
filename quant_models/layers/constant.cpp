#include "quant_models/layers/constant.hpp"

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

std::string Constant::describe() const {
  return "constant";
}

Shape Constant::infer_shape(std::span<const Shape>) const {
  require_tensor(value, "value");
  return value.shape;
}

Step Constant::make_step(const Shape&, std::span<const Shape>) const {
  return {};
}

void Constant::write_onnx(OnnxWriter& file) const {
  file.write_constant(value);
}

void Constant::lower(Lowering&) const {}  // stored as its readers need it

}  // namespace flashcell::quant
