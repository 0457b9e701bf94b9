#include "quant_models/layers/product.hpp"

#include <cmath>
#include <memory>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/layers/reshape.hpp"
#include "quant_models/layers/row_product.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

Shape without_matrix(const Shape& shape) {
  return {shape.begin(), shape.end() - 2};
}

}  // namespace

void emit_product(OnnxNode& node) {
  NodeId a = node.value(0), b = node.value(1);
  const Shape first = node.shape_of(a), second = node.shape_of(b);
  require(!first.empty() && !second.empty(), "it multiplies a single number");
  if (first.size() > 1 && second.size() > 1) return (void)node.emit(Product{}, {a, b});
  // One dimension is one row on the left, one column on the right, and vanishes from the result.
  if (first.size() == 1) a = node.helper("row", Reshape{{1, first[0]}}, {a});
  if (second.size() == 1) b = node.helper("column", Reshape{{second[0], 1}}, {b});
  const NodeId product = node.helper("product", Product{}, {a, b});
  Shape out = node.shape_of(product);
  if (second.size() == 1) out.pop_back();
  if (first.size() == 1) out.erase(out.end() - (second.size() == 1 ? 1 : 2));
  emit_reshape(node, product, std::move(out));
}

std::string Product::describe() const {
  return "product";
}

Shape Product::infer_shape(std::span<const Shape> in) const {
  const Shape &a = in[0], &b = in[1];
  require(a.size() >= 2 && b.size() >= 2 && a.back() == b[b.size() - 2],
          "its inputs " + to_string(a) + " and " + to_string(b) + " are no matrices that can be multiplied");
  require(std::isfinite(scale), "its scale is not finite");
  Shape out = broadcast(without_matrix(a), without_matrix(b));
  out.push_back(a[a.size() - 2]);
  out.push_back(b.back());
  return out;
}

Step Product::make_step(const Shape& out, std::span<const Shape> in) const {
  const Shape many = without_matrix(out);
  const int64_t rows = out[out.size() - 2];
  const int depth = static_cast<int>(in[0].back()), columns = static_cast<int>(out.back());
  // Places of the matrices, counted in matrices.
  const std::vector<int64_t> first = stretched_strides(without_matrix(in[0]), many),
                             second = stretched_strides(without_matrix(in[1]), many);
  struct State {
    RowProduct product;
    std::vector<int64_t> left, right;
  };
  auto state = std::make_shared<State>();
  state->product = RowProduct(depth, columns, scale);
  for_each_offset(many, first, [&](int64_t, int64_t place) { state->left.push_back(place); });
  for_each_offset(many, second, [&](int64_t, int64_t place) { state->right.push_back(place); });
  return [=](StepInputs inputs, float* target) {
    for (size_t i = 0; i < state->left.size(); ++i, target += rows * columns) {
      if (i == 0 || state->right[i] != state->right[i - 1])
        state->product.pack(inputs[1] + state->right[i] * depth * columns, columns, 1);
      state->product.multiply(inputs[0] + state->left[i] * rows * depth, rows, target);
    }
  };
}

void Product::write_onnx(OnnxWriter& file) const {
  if (scale == 1) return file.add_node("MatMul");
  const std::string product = file.free_name(file.name() + ".product");
  file.add("MatMul", product, file.inputs(), product);
  file.add("Mul", file.name(), {product, file.store("scale", Tensor{{}, {scale}})}, file.output());
}

void Product::lower(Lowering& engine) const {
  const Lowering::Operand a = engine.operand(0), b = engine.operand(1);
  const Lowering::MatrixTarget to = engine.matrix_target();
  const Shape& shape = engine.shape();
  const size_t rank = shape.size();
  // Dimensions before the matrices that count: two at most.
  std::vector<size_t> many;
  for (size_t d = 0; d + 2 < rank; ++d)
    if (shape[d] > 1) many.push_back(d);
  if (many.size() > 2) engine.refuse("the engine has products of matrices in two dimensions, not in more");
  ProductPlaces places;
  places.rows = static_cast<int>(shape[rank - 2]);
  places.columns = static_cast<int>(shape[rank - 1]);
  places.depth = static_cast<int>(engine.input_shape(0).back());
  if (!many.empty()) places.inner = static_cast<int>(shape[many.back()]);
  if (many.size() == 2) places.outer = static_cast<int>(shape[many.front()]);
  // A stride of a dimension of the result: 0 where an input has none of it, or an extent of 1.
  const auto strides = [&](int64_t first, const std::vector<int64_t>& s) {
    const auto along = [&](size_t d) {
      return d + s.size() < rank ? uint32_t{0} : static_cast<uint32_t>(s[d + s.size() - rank]);
    };
    return contract::Strides{static_cast<uint32_t>(first), many.size() == 2 ? along(many.front()) : 0,
                             many.empty() ? 0 : along(many.back()), along(rank - 2), along(rank - 1)};
  };
  places.first = strides(a.first, a.strides);
  places.second = strides(b.first, b.strides);
  places.output = strides(to.first, to.strides);
  const double real =
      a.source.scale * b.source.scale * static_cast<double>(scale) / static_cast<double>(to.target.format.scale);
  engine.keep(to.target,
              engine.builder().product(engine.name(), a.source.tensor, b.source.tensor, places, to.extents,
                                       real > 0 ? engine.factor(real) : engine.dyadic_factor(real, 16),
                                       to.target.format, to.target.clamp),
              Layout::rows);
}

}  // namespace flashcell::quant
