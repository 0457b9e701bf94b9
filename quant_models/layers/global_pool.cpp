#include "quant_models/layers/global_pool.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

std::string GlobalPool::describe() const {
  return kind == PoolKind::max ? "global max pool" : "global average pool";
}

Shape GlobalPool::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  return {in[0][0], in[0][1], 1, 1};
}

Step GlobalPool::make_step(const Shape&, std::span<const Shape> inputs) const {
  const int64_t planes = inputs[0][0] * inputs[0][1], rows = inputs[0][2], columns = inputs[0][3];
  return [planes, rows, columns, kind = kind](StepInputs in, float* out) {
    for (int64_t p = 0; p < planes; ++p)
      out[p] = pool_window(kind, in[0] + p * rows * columns, columns, 0, rows, 0, columns, rows * columns);
  };
}

void GlobalPool::write_onnx(OnnxWriter& file) const {
  file.add_node(kind == PoolKind::average ? "GlobalAveragePool" : "GlobalMaxPool");
}

}  // namespace flashcell::quant
