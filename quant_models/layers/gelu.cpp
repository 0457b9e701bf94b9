#include "quant_models/layers/gelu.hpp"

#include <cmath>
#include <numbers>

#include "kernels_hls/contract/qcnn_functions.hpp"
#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/vector_functions.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

void import_gelu(OnnxNode& node) {
  const std::string form = node.text("approximate", "none");
  if (form != "none" && form != "tanh") throw ModelError("its attribute approximate is '" + form + "'");
  node.emit(Gelu{form == "tanh"}, {node.value(0)});
}

}  // namespace

std::string Gelu::describe() const {
  return by_tanh ? "GELU (tanh)" : "GELU";
}

Shape Gelu::infer_shape(std::span<const Shape> in) const {
  return in[0];
}

Step Gelu::make_step(const Shape& out, std::span<const Shape>) const {
  return [count = element_count(out), function = by_tanh ? tanh_gelus : gelus](StepInputs in, float* target) {
    function(in[0], target, count);
  };
}

// In pieces below operator set 20.
void Gelu::write_onnx(OnnxWriter& file) const {
  if (file.opset() >= 20) return file.add_node("Gelu", {}, {{"approximate", std::string(by_tanh ? "tanh" : "none")}});
  const auto piece = [&](const char* type, const char* suffix, const OnnxWriter::Names& inputs) {
    const std::string value = file.free_name(file.name() + "." + suffix);
    file.add(type, value, inputs, value);
    return value;
  };
  const std::string x = file.inputs()[0];
  std::string gate;
  if (by_tanh) {
    const std::string cube = piece("Mul", "cube", {piece("Mul", "square", {x, x}), x});
    const std::string bent = piece("Mul", "bent", {cube, file.store("bend", number(0.044715F))});
    const std::string both = piece("Add", "both", {x, bent});
    gate = piece("Tanh", "tanh", {piece("Mul", "scaled", {both, file.store("slope", number(0.79788456F))})});
  } else {
    gate = piece("Erf", "erf", {piece("Div", "scaled", {x, file.store("root", number(1.41421356F))})});
  }
  const std::string open = piece("Add", "open", {gate, file.store("one", number(1))});
  const std::string twice = piece("Mul", "twice", {x, open});
  file.add("Mul", file.name(), {twice, file.store("half", number(0.5F))}, file.output());
}

OnnxOperators Gelu::onnx_operators() {
  return {{"Gelu", import_gelu}};
}

namespace {

/// ShiftGELU, for values that are too wide for a table.
void lower_by_shifts(Lowering& engine) {
  const Lowering::Value in = engine.input(0, Layout::rows);
  const Lowering::Target target = engine.own_target();
  const double unit = -std::ceil(1 / (1.702 * in.scale) * (1 - 0x1p-20));
  if (unit < -contract::kMaxGeluUnit)
    engine.refuse("its input has more than 8 bits and a scale below 1 / 434, which its integer form cannot hold");
  engine.keep(
      target,
      engine.builder().gelu(
          engine.name(), in.tensor, static_cast<int>(unit),
          engine.dyadic_factor(in.scale / (1 << contract::kSigmoidBits) / static_cast<double>(target.format.scale), 31),
          target.format, target.clamp),
      Layout::rows);
}

}  // namespace

void Gelu::lower(Lowering& engine) const {
  const Lowering::Value in = engine.input(0);
  if (engine.builder().tensor(in.tensor).bits > 8) return lower_by_shifts(engine);
  // A table is exact, where ShiftGELU loses rows with a value beyond 9.4.
  const bool bent = by_tanh;
  engine.look_up([bent](double x) {
    const double gate = bent ? std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))
                             : std::erf(x / std::numbers::sqrt2);
    return x / 2 * (1 + gate);
  });
}

}  // namespace flashcell::quant
