#include "quant_models/layers/input.hpp"

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

}  // namespace flashcell::quant
