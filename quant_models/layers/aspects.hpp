#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "quant_models/layers/step.hpp"
#include "quant_models/tensor/tensor.hpp"

// What a kind of layer says of itself, as members of its struct. layer.hpp holds the list of kinds, the concept
// LayerKind that checks them, and what may be left out.
namespace flashcell::quant {

class OnnxWriter;  // onnx_writer.hpp

/// How many inputs a kind of layer reads.
struct InputCount {
  size_t least = 1, most = 1;
};

}  // namespace flashcell::quant
