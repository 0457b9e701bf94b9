#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_tables.hpp"

namespace flashcell::quant::onnx {
namespace {

void import_identity(OperatorContext& c) {
  if (c.type() == "Dropout" && c.opset() < 7) c.require_attribute("is_test", 1, 0);
  if (c.type() == "Dropout" && c.has(2)) {
    const Known& training = c.require_known(2, "training_mode");
    if (training.integers != std::vector<int64_t>{0}) throw ModelError("its input training_mode is not false");
  }
  c.pass_on(0);
}

const OperatorTable& operators() {
  static const OperatorTable table = [] {
    OperatorTable all = {{"Dropout", import_identity}, {"Identity", import_identity}};
    for (OperatorTable part : {arithmetic_operators(), computing_operators(), moving_operators(), windowed_operators()})
      all.merge(part);
    return all;
  }();
  return table;
}

}  // namespace

void import_operator(OperatorContext& context) {
  const std::string& domain = context.node().domain();
  const bool standard = domain.empty() || domain == "ai.onnx";
  if (standard && (import_quantization(context) || fold_constants(context))) return;
  const auto found = operators().find(context.type());
  if (found != operators().end() && standard) return found->second(context);
  std::string all = "DequantizeLinear, QuantizeLinear";
  for (const auto& [name, convert] : operators()) all += ", " + name;
  all += "; where all inputs are fixed, also ";
  for (const std::string& name : folded_operators())
    if (!operators().contains(name)) all += (all.ends_with(' ') ? "" : ", ") + name;
  throw ModelError("the operator is not supported; supported are " + all);
}

}  // namespace flashcell::quant::onnx
