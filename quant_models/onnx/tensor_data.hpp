#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/layers/onnx_tensor.hpp"
#include "quant_models/onnx/onnx.pb.h"

namespace flashcell::quant::onnx {

/// Throws ModelError for types whose numbers are not read: strings, complex numbers, 32 and 64 bits without a sign.
void require_numbers(int data_type);
/// Lowest and highest integer of an ONNX type of at most 32 bits.
int64_t lowest_of(int data_type);
int64_t highest_of(int data_type);

/// Throws ModelError: an unsupported type, external data, a size that its numbers do not fill.
Known read_tensor(const onnx_file::TensorProto& proto);

/// A file's tensor of float32, or of integers of `data_type`.
onnx_file::TensorProto write_tensor(const std::string& name, const Shape& shape, const std::vector<float>& numbers);
onnx_file::TensorProto write_tensor(const std::string& name, const Shape& shape, int data_type,
                                    const std::vector<int32_t>& integers);
onnx_file::TensorProto write_tensor(const std::string& name, const std::vector<int64_t>& integers);

}  // namespace flashcell::quant::onnx
