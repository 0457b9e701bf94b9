#include "quant_models/layers/onnx_tensor.hpp"

#include <iterator>

namespace flashcell::quant::onnx {

bool is_integer(int data_type) {
  return data_type != kFloat && data_type != kFloat16 && data_type != kDouble;
}

std::string name_of_type(int data_type) {
  static const char* const names[] = {"undefined", "float",  "uint8",     "int8",       "uint16",  "int16",
                                      "int32",     "int64",  "string",    "bool",       "float16", "double",
                                      "uint32",    "uint64", "complex64", "complex128", "bfloat16"};
  const bool known = data_type >= 0 && data_type < static_cast<int>(std::size(names));
  return known ? names[data_type] : "number " + std::to_string(data_type);
}

}  // namespace flashcell::quant::onnx
