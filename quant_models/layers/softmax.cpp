#include "quant_models/layers/softmax.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/reshape.hpp"
#include "quant_models/layers/transpose.hpp"
#include "quant_models/layers/vector_functions.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;

// Along a dimension in the middle, which is turned to the end and back: as the engine takes it.
void emit_softmax(OnnxNode& node, Softmax layer) {
  const size_t rank = node.shape(0).size(), axis = static_cast<size_t>(layer.axis);
  const bool channels = rank == 4 && axis == 1;
  if (axis + 1 == rank || channels || layer.logarithm) return (void)node.emit(layer, {node.value(0)});
  std::vector<int> order(rank);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[axis], order.back());
  layer.axis = -1;
  const NodeId turned = node.helper("turned", Transpose{order}, {node.value(0)});
  node.emit(Transpose{order}, {node.helper("softmax", layer, {turned})});
}

// Below operator set 13 it runs over all dimensions from the axis on.
void import_softmax(OnnxNode& node) {
  const Shape in = node.shape(0);
  const auto axis = static_cast<size_t>(checked_axis(node.integer("axis", node.opset() < 13 ? 1 : -1), in.size()));
  int64_t behind = 1;
  for (size_t i = axis + 1; i < in.size(); ++i) behind *= in[i];
  const bool logarithm = node.type() == "LogSoftmax";
  if (node.opset() >= 13 || behind == 1) return emit_softmax(node, {static_cast<int>(axis), logarithm});
  Shape flat(in.begin(), in.begin() + static_cast<ptrdiff_t>(axis));
  flat.push_back(behind * in[axis]);
  const NodeId together = node.helper("together", Reshape{std::move(flat)}, {node.value(0)});
  emit_reshape(node, node.helper("softmax", Softmax{-1, logarithm}, {together}), in);
}

// `out` may be `in`.
void softmax_line(const float* in, int64_t count, float* out) {
  exponentials(in, *std::max_element(in, in + count), out, count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += double{out[i]};
  const auto share = static_cast<float>(1 / sum);
  for (int64_t i = 0; i < count; ++i) out[i] *= share;
}

void log_softmax_line(const float* in, int64_t count, float* out) {
  const float largest = *std::max_element(in, in + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(double{in[i]} - largest);
  const double less = double{largest} + std::log(sum);
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(in[i] - less);
}

}  // namespace

std::string Softmax::describe() const {
  return logarithm ? "log softmax" : "softmax";
}

Shape Softmax::infer_shape(std::span<const Shape> in) const {
  resolve_axis(axis, in[0].size());
  return in[0];
}

Step Softmax::make_step(const Shape& out, std::span<const Shape>) const {
  const AxisView view(out, static_cast<size_t>(resolve_axis(axis, out.size())));
  const auto one_line = logarithm ? log_softmax_line : softmax_line;
  if (view.inner == 1) {
    return [=](StepInputs in, float* target) {
      for (int64_t line = 0; line < view.outer; ++line)
        one_line(in[0] + line * view.extent, view.extent, target + line * view.extent);
    };
  }
  // Other lines are gathered first.
  auto line_of = std::make_shared<std::vector<float>>(static_cast<size_t>(view.extent));
  return [=](StepInputs in, float* target) {
    float* numbers = line_of->data();
    for (int64_t line = 0; line < view.outer * view.inner; ++line) {
      const int64_t first = line / view.inner * view.extent * view.inner + line % view.inner;
      for (int64_t i = 0; i < view.extent; ++i) numbers[i] = in[0][first + i * view.inner];
      one_line(numbers, view.extent, numbers);
      for (int64_t i = 0; i < view.extent; ++i) target[first + i * view.inner] = numbers[i];
    }
  };
}

void Softmax::write_onnx(OnnxWriter& file) const {
  file.add_node(logarithm ? "LogSoftmax" : "Softmax", {}, {{"axis", int64_t{axis}}});
}

OnnxOperators Softmax::onnx_operators() {
  return {{"LogSoftmax", import_softmax}, {"Softmax", import_softmax}};
}

void Softmax::lower(Lowering& engine) const {
  if (logarithm)
    engine.refuse("a logarithm of a softmax has integers as a network's last layer only, which is left out");
  const size_t rank = engine.shape().size(), along = static_cast<size_t>(resolve_axis(axis, rank));
  const bool channels = rank == 4 && along == 1 && engine.input(0).layout == Layout::image;
  if (!channels && along + 1 != rank) engine.refuse("the engine takes a softmax along the last dimension, or channels");
  const Lowering::Value in = engine.input(0, channels ? Layout::image : Layout::rows);
  const Lowering::Target target = engine.own_target();
  const int bits = static_cast<int>(std::lround(-std::log2(static_cast<double>(target.format.scale))));
  if (std::ldexp(1.0, -bits) != static_cast<double>(target.format.scale) || bits < 1 ||
      bits > contract::kMaxSoftmaxBits || target.format.zero_point != 0)
    engine.refuse("its value's scale is not 2^-1 to 2^-16, without a zero point");
  // floor(-1 / scale), also where the scale is the float next to 1 / k.
  const double unit = -std::ceil(1 / in.scale * (1 - 0x1p-20));
  if (unit * static_cast<double>(engine.shape()[along]) < -contract::kMaxSoftmaxUnit)
    engine.refuse("its input's scale is too small for so many numbers; give it " +
                  std::to_string(static_cast<double>(engine.shape()[along]) / contract::kMaxSoftmaxUnit) + " or more");
  engine.keep(target, engine.builder().softmax(engine.name(), in.tensor, static_cast<int>(unit), bits, target.format),
              in.layout);
}

}  // namespace flashcell::quant
