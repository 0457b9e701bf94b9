#include <algorithm>
#include <iterator>

#include "quant_models/layers/onnx_pairwise.hpp"
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

namespace {

constexpr const char* kMoves[] = {"Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"};

// real = scale * (byte - zero point), of an input of bytes.
void dequantize_bytes(OperatorContext& c) {
  const Known &scale = c.require_known(1, "scale"), *zero = c.known(2);
  if (c.has(2) && zero == nullptr) throw ModelError("its zero point must be fixed");
  if (scale.integer() || scale.reals.size() != 1 || (zero != nullptr && zero->integers.size() != 1))
    throw ModelError("its scale must be one real number");
  const float offset = zero != nullptr ? static_cast<float>(-zero->integers[0]) : 0;
  import_shifted(c, c.value(0), offset, scale.reals[0]);
}

// Bytes become real numbers before anything is computed of them. True where the node is done.
bool import_bytes(OperatorContext& c) {
  const auto reads_bytes = [&](int i) { return c.has(i) && c.state().bytes.contains(c.input_name(i)); };
  bool any = false;
  for (int i = 0; i < c.input_count(); ++i) any |= reads_bytes(i);
  if (!any || c.type() == "Cast" || c.type() == "Shape" || c.type() == "Size") return false;
  if (c.type() == "DequantizeLinear" && reads_bytes(0)) return dequantize_bytes(c), true;
  if (std::find(std::begin(kMoves), std::end(kMoves), c.type()) == std::end(kMoves))
    throw ModelError("it computes on uint8 numbers; only Cast, DequantizeLinear and what moves numbers take them");
  c.state().bytes.insert(c.output_name());
  return false;
}

}  // namespace

void import_operator(OperatorContext& context) {
  const std::string& domain = context.node().domain();
  if (domain == kOwnDomain && context.type() == kLogSqrt2) return import_log_sqrt2(context);
  const bool standard = domain.empty() || domain == "ai.onnx";
  if (import_bytes(context)) return;
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
