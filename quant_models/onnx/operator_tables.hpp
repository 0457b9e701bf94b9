#pragma once
#include <map>
#include <string>

#include "quant_models/onnx/operator_context.hpp"

namespace flashcell::quant::onnx {

/// By the operator's type: what turns a node of the file into nodes of the graph.
using OperatorTable = std::map<std::string, void (*)(OperatorContext&)>;

OperatorTable arithmetic_operators();  ///< sums, products, means
OperatorTable computing_operators();   ///< matrix products, normalization, activations
OperatorTable moving_operators();      ///< what gives numbers other places
OperatorTable windowed_operators();    ///< convolutions and pools

}  // namespace flashcell::quant::onnx
