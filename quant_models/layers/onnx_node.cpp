#include "quant_models/layers/onnx_node.hpp"

#include "quant_models/model_error.hpp"

namespace flashcell::quant {

using onnx::Known;

const Known& OnnxNode::require_known(int input, const char* what) const {
  const std::string& name = input_name(input);
  const Known* found = known(input);
  if (found == nullptr)
    throw ModelError(std::string("its ") + what + " '" + name +
                     "' is computed while the network runs; it must be fixed");
  return *found;
}

std::vector<int64_t> OnnxNode::integers(int input, const char* what) const {
  const Known& tensor = require_known(input, what);
  if (!tensor.integer()) throw ModelError(std::string("its ") + what + " must be integers");
  return tensor.integers;
}

float OnnxNode::number(int input, float otherwise) const {
  if (!has(input)) return otherwise;
  const Known& tensor = require_known(input, "input");
  if (tensor.reals.size() != 1) throw ModelError("its input '" + input_name(input) + "' must be one real number");
  return tensor.reals[0];
}

void OnnxNode::require_attribute(const char* name, int64_t only, int64_t otherwise) const {
  const int64_t given = integer(name, otherwise);
  if (given != only)
    throw ModelError(std::string("its attribute ") + name + " is " + std::to_string(given) + "; only " +
                     std::to_string(only) + " is supported");
}

std::vector<int64_t> OnnxNode::attribute_or_input(const char* name, int input, int64_t since) const {
  if (opset() < since) return integers(name);
  return has(input) ? integers(input, name) : std::vector<int64_t>{};
}

}  // namespace flashcell::quant
