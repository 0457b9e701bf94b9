#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_tables.hpp"

namespace flashcell::quant::onnx {
namespace {

void import_identity(OperatorContext& c) {
  if (const Known* known = c.known(0)) {
    c.emit_known(*known);
  } else {
    c.alias(c.value(0));
    // Readers of one name read the other's value as well.
    c.state().uses[c.output_name()] += c.state().uses[c.input_name(0)] - 1;
  }
}

const OperatorTable& operators() {
  static const OperatorTable table = [] {
    OperatorTable all = {{"Dropout", import_identity}, {"Identity", import_identity}};
    all.merge(computing_operators());
    all.merge(moving_operators());
    return all;
  }();
  return table;
}

}  // namespace

void import_operator(OperatorContext& context) {
  const std::string& domain = context.node().domain();
  const bool standard = domain.empty() || domain == "ai.onnx";
  if (standard && (import_quantization(context) || import_shape_arithmetic(context))) return;
  const auto found = operators().find(context.type());
  if (found != operators().end() && standard) return found->second(context);
  std::string all = "Constant, DequantizeLinear, QuantizeLinear, Shape";
  for (const auto& [name, convert] : operators()) all += ", " + name;
  throw ModelError("the operator is not supported; supported are " + all);
}

}  // namespace flashcell::quant::onnx
