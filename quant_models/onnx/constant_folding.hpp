#pragma once
#include <map>
#include <string>

#include "quant_models/onnx/operator_context.hpp"

// Exporters compute the targets of reshapes, the borders of pads and the like with ONNX nodes on small tensors. The
// graph has fixed shapes, so that all of it is worked out while the file is read.
namespace flashcell::quant::onnx {

/// By the operator's type: its output from its inputs, all of which are known.
using FoldTable = std::map<std::string, Known (*)(OperatorContext&)>;

FoldTable constant_moves();       ///< places and shapes: constant_moves.cpp
FoldTable constant_arithmetic();  ///< numbers: constant_arithmetic.cpp

/// Shape and Size, of any value.
Known known_shape(OperatorContext& context);
/// Split has several outputs.
void fold_split(OperatorContext& context);

}  // namespace flashcell::quant::onnx
