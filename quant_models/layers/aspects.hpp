#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "quant_models/layers/step.hpp"
#include "quant_models/tensor/tensor.hpp"

// What a kind of layer says of itself, as members of its struct. layer.hpp holds the list of kinds, the concept
// LayerKind that checks them, and what may be left out.
namespace flashcell::quant {

class OnnxNode;           // onnx_node.hpp
class OnnxWriter;         // onnx_writer.hpp
class Lowering;           // lowering.hpp
struct ActivationFormat;  // packed/model_builder.hpp
struct Clamp;             // packed/model_builder.hpp
struct TorchOperation;    // torch_operation.hpp
class TorchParameters;    // torch_operation.hpp
class TrainedValues;      // trained_values.hpp

/// By the operator's type: what turns a node of an ONNX file into nodes of the graph.
using OnnxOperators = std::map<std::string, void (*)(OnnxNode&)>;

/// How many inputs a kind of layer reads.
struct InputCount {
  size_t least = 1, most = 1;
};

}  // namespace flashcell::quant
