#include "quant_models/layers/elementwise.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "quant_models/layers/each_number.hpp"
#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/vector_functions.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

struct Operator {
  const char* type;
  ElementwiseKind kind;
  const char* text;
};

constexpr Operator kOperators[] = {{"Sqrt", ElementwiseKind::square_root, "square root"},
                                   {"Reciprocal", ElementwiseKind::reciprocal, "reciprocal"},
                                   {"Exp", ElementwiseKind::exponential, "exponential"},
                                   {"Log", ElementwiseKind::logarithm, "logarithm"},
                                   {"Erf", ElementwiseKind::error_function, "error function"},
                                   {"Abs", ElementwiseKind::absolute, "absolute"},
                                   {"Pow", ElementwiseKind::power, "power"}};

void import_function(OnnxNode& node) {
  for (const Operator& each : kOperators)
    if (node.type() == each.type) node.emit(Elementwise{each.kind}, {node.value(0)});
}

// Whole powers up to 3 are products.
void import_pow(OnnxNode& node) {
  const onnx::Known& given = node.require_known(1, "exponent");
  if (given.reals.size() + given.integers.size() != 1) throw ModelError("only one exponent for all is supported");
  const float power = given.integer() ? static_cast<float>(given.integers[0]) : given.reals[0];
  if (power == 1 && given.dims.size() <= node.shape(0).size()) return node.pass_on(0);
  const NodeId x = node.value(0);
  if (power == 2 || power == 3) {
    const NodeId base = power == 3 ? node.helper("square", Multiply{}, {x, x}) : x;
    return (void)node.emit(Multiply{}, {base, x});
  }
  if (power == 0.5F) return (void)node.emit(Elementwise{ElementwiseKind::square_root}, {x});
  if (power == -1) return (void)node.emit(Elementwise{ElementwiseKind::reciprocal}, {x});
  node.emit(Elementwise{ElementwiseKind::power, power}, {x});
}

const Operator& operator_of(ElementwiseKind kind) {
  for (const Operator& each : kOperators)
    if (each.kind == kind) return each;
  throw std::invalid_argument("unknown function");
}

}  // namespace

std::string Elementwise::describe() const {
  return operator_of(kind).text;
}

Shape Elementwise::infer_shape(std::span<const Shape> in) const {
  require(std::isfinite(exponent), "its exponent is not finite");
  return in[0];
}

Step Elementwise::make_step(const Shape& out, std::span<const Shape>) const {
  const int64_t count = element_count(out);
  switch (kind) {
    case ElementwiseKind::square_root:
      return each_number(count, [](float x) { return std::sqrt(x); });
    case ElementwiseKind::reciprocal:
      return each_number(count, [](float x) { return 1 / x; });
    case ElementwiseKind::exponential:
      return [count](StepInputs in, float* target) { exponentials(in[0], 0, target, count); };
    case ElementwiseKind::logarithm:
      return each_number(count, [](float x) { return std::log(x); });
    case ElementwiseKind::error_function:
      return [count](StepInputs in, float* target) { error_functions(in[0], target, count); };
    case ElementwiseKind::absolute:
      return each_number(count, [](float x) { return std::abs(x); });
    case ElementwiseKind::power:
      return each_number(count, [e = exponent](float x) { return std::pow(x, e); });
  }
  throw std::invalid_argument("unknown function");
}

void Elementwise::write_onnx(OnnxWriter& file) const {
  OnnxWriter::Names more;
  if (kind == ElementwiseKind::power) more.push_back(file.store("exponent", Tensor{{}, {exponent}}));
  file.add_node(operator_of(kind).type, more);
}

OnnxOperators Elementwise::onnx_operators() {
  OnnxOperators all;
  for (const Operator& each : kOperators) all[each.type] = import_function;
  all["Pow"] = import_pow;
  return all;
}

void Elementwise::lower(Lowering& engine) const {
  const Step step = make_step({1}, std::vector<Shape>{{1}});
  engine.look_up([&step](double x) {
    const auto in = static_cast<float>(x);
    const float* inputs[] = {&in};
    float out = 0;
    step(inputs, &out);
    return static_cast<double>(out);
  });
}

}  // namespace flashcell::quant
