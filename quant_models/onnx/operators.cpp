#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/log_sqrt2.hpp"
#include "quant_models/onnx/operator_context.hpp"

namespace flashcell::quant::onnx {
namespace {

void import_identity(OnnxNode& node) {
  if (node.type() == "Dropout" && node.opset() < 7) node.require_attribute("is_test", 1, 0);
  if (node.type() == "Dropout" && node.has(2)) {
    const Known& training = node.require_known(2, "training_mode");
    if (training.integers != std::vector<int64_t>{0}) throw ModelError("its input training_mode is not false");
  }
  node.pass_on(0);
}

// Real numbers stay real: computing is in float32 whatever the file says.
void import_cast(OnnxNode& node) {
  const auto to = static_cast<int>(std::clamp<int64_t>(node.integer("to", kFloat), 0, 1000));
  if (is_integer(to))
    throw ModelError("its attribute to asks for " + name_of_type(to) + "; values are floating-point numbers");
  node.pass_on(0);
}

// Those of the layers, and what leaves values as they are.
const OnnxOperators& operators() {
  static const OnnxOperators table = [] {
    OnnxOperators all = onnx_operators();
    all.merge(OnnxOperators{{"Cast", import_cast}, {"Dropout", import_identity}, {"Identity", import_identity}});
    return all;
  }();
  return table;
}

}  // namespace

void import_operator(OperatorContext& context) {
  const std::string& domain = context.node().domain();
  if (domain == kOwnDomain && context.type() == kLogSqrt2) return import_log_sqrt2(context);
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
