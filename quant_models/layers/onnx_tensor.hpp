#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant::onnx {

/// TensorProto.DataType of the ONNX specification.
enum DataType : int {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
};

bool is_integer(int data_type);
/// "int64", ...; of every type that the specification has.
std::string name_of_type(int data_type);

/// A tensor that is known when the file is read: a weight, or part of the arithmetic on shapes.
struct Known {
  int data_type = kFloat;
  Shape dims;                                ///< extents may be 0
  std::vector<float> reals;                  ///< of floating-point types
  std::vector<int64_t> integers;             ///< of integer types
  std::optional<Quantization> quantization;  ///< real numbers that came from stored integers

  bool integer() const { return is_integer(data_type); }
  Tensor tensor() const { return {dims, reals}; }
};

}  // namespace flashcell::quant::onnx
