#pragma once
#include <string>
#include <vector>

#include "quant_models/onnx/operator_context.hpp"

// Values on a logarithmic scale in a file: a function of the model, of which other runtimes compute the operators and
// which this program reads back by its name.
namespace flashcell::quant::onnx {

inline constexpr const char *kOwnDomain = "flashcell", *kLogSqrt2 = "LogSqrt2";

/// Functions came to the format with this version.
inline constexpr int kFunctionIrVersion = 8;

/// The function LogSqrt2(x, scale, highest) in operators of the given set: the number that quantize_log_sqrt2() and
/// dequantize_log_sqrt2() make of x. Runtimes round halves to even: theirs differs on exact ties only.
void add_log_sqrt2_function(onnx_file::ModelProto& model, int opset);

/// A node that calls it. Throws ModelError where scale or highest is not fixed, or no number of bits has such a
/// highest integer.
void import_log_sqrt2(OperatorContext& context);

}  // namespace flashcell::quant::onnx
