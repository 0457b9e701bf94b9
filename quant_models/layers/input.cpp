#include "quant_models/layers/input.hpp"

#include "quant_models/layers/lowering.hpp"
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

void Input::lower(Lowering& engine) const {
  if (shape.size() != 4 || shape[0] != 1) engine.refuse("the engine takes one image, 1 x C x H x W");
  const Lowering::Target target = engine.own_target();
  engine.keep(target,
              engine.builder().input(engine.name(), static_cast<int>(shape[2]), static_cast<int>(shape[3]),
                                     static_cast<int>(shape[1]), target.format),
              Layout::image);
}

}  // namespace flashcell::quant
