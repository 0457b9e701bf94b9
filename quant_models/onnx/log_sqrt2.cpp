#include "quant_models/onnx/log_sqrt2.hpp"

#include <cmath>
#include <numbers>

#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
namespace {

// TensorProto.DataType, AttributeProto.AttributeType.
constexpr int kFloatType = 1, kFloatAttribute = 1, kIntAttribute = 2;

/// The function's body, operator by operator; a value has its maker's name.
class Body {
 public:
  explicit Body(onnx_file::FunctionProto& function) : function_(function) {}

  onnx_file::NodeProto& add(const char* type, const std::vector<std::string>& inputs, const char* output) {
    onnx_file::NodeProto& node = *function_.add_node();
    node.set_op_type(type);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  void add_number(const char* name, double value) {
    onnx_file::AttributeProto& attribute = *add("Constant", {}, name).add_attribute();
    attribute.set_name("value_float");
    attribute.set_type(kFloatAttribute);
    attribute.set_f(static_cast<float>(value));
  }

 private:
  onnx_file::FunctionProto& function_;
};

float fixed_number(const OperatorContext& c, int input, const char* what) {
  const Known* known = c.known(input);
  if (known == nullptr || known->integer() || known->reals.size() != 1)
    throw ModelError(std::string("its ") + what + " must be one fixed number");
  return known->reals[0];
}

}  // namespace

void add_log_sqrt2_function(onnx_file::ModelProto& model, int opset) {
  onnx_file::OperatorSetIdProto& own = *model.add_opset_import();
  own.set_domain(kOwnDomain);
  own.set_version(1);
  onnx_file::FunctionProto& function = *model.add_functions();
  function.set_name(kLogSqrt2);
  function.set_domain(kOwnDomain);
  for (const char* input : {"x", "scale", "highest"}) function.add_input(input);
  function.add_output("y");
  function.add_opset_import()->set_version(opset);
  Body body(function);
  body.add_number("least", 1e-37);  // of normal float32 numbers: the logarithm of 0 is none
  body.add_number("to_steps", -2 / std::numbers::ln2);
  body.add_number("from_steps", -std::numbers::ln2 / 2);
  body.add_number("first", 0);
  body.add("Div", {"x", "scale"}, "ratio");
  body.add("Max", {"ratio", "least"}, "positive");
  body.add("Log", {"positive"}, "logarithm");
  body.add("Mul", {"logarithm", "to_steps"}, "steps");
  body.add("Round", {"steps"}, "rounded");
  body.add("Max", {"rounded", "first"}, "integer");
  body.add("Less", {"integer", "highest"}, "below");
  onnx_file::AttributeProto& to = *body.add("Cast", {"below"}, "kept").add_attribute();
  to.set_name("to");
  to.set_type(kIntAttribute);
  to.set_i(kFloatType);
  body.add("Mul", {"integer", "from_steps"}, "exponent");
  body.add("Exp", {"exponent"}, "level");
  body.add("Mul", {"level", "scale"}, "number");
  body.add("Mul", {"number", "kept"}, "y");
}

void import_log_sqrt2(OperatorContext& c) {
  const float scale = fixed_number(c, 1, "scale"), highest = fixed_number(c, 2, "highest integer");
  for (int bits = kMinBits; bits <= kMostLogBits; ++bits)
    for (const bool narrow : {false, true}) {
      const Quantization q = log_sqrt2_quantization(bits, scale, narrow);
      if (static_cast<float>(q.highest()) != highest) continue;
      if (const std::string fault = find_fault(q, 1); !fault.empty()) throw ModelError(fault);
      return attach_quantization(c, c.value(0), c.input_name(0), q);
    }
  throw ModelError("no number of bits up to " + std::to_string(kMostLogBits) + " has its highest integer");
}

}  // namespace flashcell::quant::onnx
