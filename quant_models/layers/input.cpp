#include "quant_models/layers/input.hpp"

#include "quant_models/layers/onnx_writer.hpp"

namespace flashcell::quant {

std::string Input::describe() const {
  return "input";
}

Shape Input::infer_shape(std::span<const Shape>) const {
  return shape;
}

Step Input::make_step(const Shape&, std::span<const Shape>) const {
  return {};
}

void Input::write_onnx(OnnxWriter& file) const {
  file.write_input(shape);
}

}  // namespace flashcell::quant
