#include "quant_models/layers/onnx_pairwise.hpp"

#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {

Tensor number(float value) {
  return {{}, {value}};
}

NodeId scaled(OnnxNode& node, NodeId value, float factor, const char* name) {
  const std::string suffix = name;
  return node.helper(suffix, Multiply{}, {value, node.helper(suffix + ".factor", Constant{number(factor)}, {})});
}

void import_shifted(OnnxNode& node, NodeId value, float offset, float factor) {
  const auto constant = [&](const char* name, float of) { return node.helper(name, Constant{number(of)}, {}); };
  const NodeId centred = node.helper("centred", Add{}, {value, constant("offset", offset)});
  node.emit(Multiply{}, {centred, constant("factor", factor)});
}

NodeId operand(OnnxNode& node, const char* name, const std::function<float(float)>& function) {
  if (node.input_count() != 2) throw ModelError("it needs two inputs");
  const Shape first = node.shape(0);
  const onnx::Known* known = node.known(1);
  if (known == nullptr) {
    const NodeId value = node.value(1);
    const Shape dims = onnx::operand_dims(node, first, node.shape(1));
    return dims == node.shape(1) ? value : node.helper("operand", Reshape{dims}, {value});
  }
  if (known->integer())
    throw ModelError("its input '" + node.input_name(1) + "' holds integers, expected floating-point numbers");
  Tensor tensor{onnx::operand_dims(node, first, known->dims), known->reals};
  node.count_copies(tensor.values.size());
  for (float& value : tensor.values) value = function(value);
  return node.helper(name, Constant{std::move(tensor)}, {});
}

void import_pairwise(OnnxNode& node, Layer layer) {
  if (node.input_count() != 2) throw ModelError("it needs two inputs");
  const NodeId first = node.value(0);
  const Shape dims = node.known(1) != nullptr ? node.known(1)->dims : node.shape(1);
  const bool plain = onnx::operand_dims(node, node.shape(0), dims) == dims;
  const NodeId second = plain ? node.value(1) : operand(node, "operand", [](float x) { return x; });
  node.emit(std::move(layer), {first, second});
}

}  // namespace flashcell::quant
