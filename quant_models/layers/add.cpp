#include "quant_models/layers/add.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

std::string Add::describe() const {
  return "add";
}

Shape Add::infer_shape(std::span<const Shape> in) const {
  return broadcast(in[0], in[1]);
}

Step Add::make_step(const Shape& out, std::span<const Shape> in) const {
  return make_pairwise_step(out, in, [](float a, float b) { return a + b; });
}

void Add::write_onnx(OnnxWriter& file) const {
  file.add_node("Add");
}

}  // namespace flashcell::quant
