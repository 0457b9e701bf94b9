#include "quant_models/layers/concat.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;

void import_concat(OnnxNode& node) {
  std::vector<NodeId> inputs;
  for (int i = 0; i < node.input_count(); ++i) inputs.push_back(node.value(i));
  if (inputs.empty()) throw ModelError("it has no inputs");
  node.emit(Concat{checked_axis(node.integer("axis", 1), node.shape(0).size())}, std::move(inputs));
}

/// The engine's axis, where all dimensions before a value's rows have an extent of 1.
std::optional<contract::Axis> engine_axis(size_t axis, const Shape& shape, Layout layout) {
  using contract::Axis;
  if (layout == Layout::image) {
    constexpr Axis kAxes[] = {Axis::channels, Axis::rows, Axis::columns};
    return axis == 0 ? std::nullopt : std::optional(kAxes[axis - 1]);
  }
  const size_t last = shape.size() - 1;
  if (axis == last) return Axis::channels;
  if (shape.size() > 3 && axis == last - 1) return Axis::columns;
  // Rows are the other dimensions together.
  for (size_t d = 0; d < axis; ++d)
    if (shape[d] != 1) return std::nullopt;
  return Axis::rows;
}

}  // namespace

std::string Concat::describe() const {
  return "concat";
}

Shape Concat::infer_shape(std::span<const Shape> in) const {
  const auto along = static_cast<size_t>(resolve_axis(axis, in[0].size()));
  Shape out = in[0];
  for (const Shape& next : in.subspan(1)) {
    Shape rest = next;
    require(rest.size() == out.size(), "its inputs have different numbers of dimensions");
    const int64_t extent = rest[along];
    rest[along] = out[along];
    if (along > 0 && !rest.empty() && out[0] == 1) out[0] = rest[0];
    if (along > 0 && !rest.empty() && rest[0] == 1) rest[0] = out[0];
    require(rest == out,
            "its inputs " + to_string(in[0]) + " and " + to_string(next) + " differ in more than the joined dimension");
    out[along] += extent;
    element_count(out);
  }
  return out;
}

Step Concat::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const auto along = static_cast<size_t>(resolve_axis(axis, out.size()));
  const int64_t outer = AxisView(out, along).outer;
  std::vector<int64_t> lengths, times;  // of one input's part in each outer index; how often all of it is read
  for (const Shape& shape : inputs) {
    times.push_back(along > 0 ? out[0] / shape[0] : 1);
    lengths.push_back(element_count(shape) * times.back() / outer);
  }
  return [outer, lengths, times](StepInputs in, float* target) {
    for (int64_t o = 0; o < outer; ++o)
      for (size_t i = 0; i < lengths.size(); ++i)
        target = std::copy_n(in[i] + o % (outer / times[i]) * lengths[i], lengths[i], target);
  };
}

void Concat::write_onnx(OnnxWriter& file) const {
  OnnxWriter::Names parts = file.inputs();
  for (size_t i = 0; i < parts.size(); ++i) {
    Shape shape = file.input_shape(i);
    if (axis == 0 || shape[0] == file.shape()[0]) continue;
    shape[0] = file.shape()[0];
    const std::string whole = file.free_name(file.name() + ".expanded");
    file.add("Expand", whole, {parts[i], file.store("extents", shape)}, whole);
    parts[i] = whole;
  }
  file.add("Concat", file.name(), parts, file.output(), {{"axis", int64_t{axis}}});
}

OnnxOperators Concat::onnx_operators() {
  return {{"Concat", import_concat}};
}

void Concat::lower(Lowering& engine) const {
  const Shape& shape = engine.shape();
  const Layout layout = shape.size() == 4 && engine.input(0).layout == Layout::image ? Layout::image : Layout::rows;
  const auto along = engine_axis(static_cast<size_t>(resolve_axis(axis, shape.size())), shape, layout);
  if (!along) engine.refuse("the engine joins rows, columns or channels of one image or row of tokens");
  const Lowering::Target target = engine.target();
  std::vector<ModelBuilder::Tensor> inputs;
  std::vector<contract::Requantization> scales;
  for (size_t i = 0; i < engine.input_count(); ++i) {
    const Lowering::Value in = engine.input(i, layout);
    inputs.push_back(in.tensor);
    scales.push_back(engine.factor(in.scale / static_cast<double>(target.format.scale)));
  }
  engine.keep(target, engine.builder().concat(engine.name(), inputs, scales, target.format, target.clamp, *along),
              layout);
}

}  // namespace flashcell::quant
