#pragma once
#include <cstdint>
#include <string>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/quant_models/onnx/onnx_file.hpp"

namespace flashcell::test {

inline quant::Graph import_bytes(const std::string& bytes) {
  return quant::import_onnx({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "model.onnx");
}

/// What an import complains of.
inline std::string refusal(const std::string& bytes) {
  try {
    import_bytes(bytes);
  } catch (const quant::ModelError& e) {
    return e.what();
  }
  return "imported";
}

inline quant::Shape output_shape(const OnnxFile& model) {
  const quant::Graph graph = import_bytes(model.bytes());
  return graph.node(graph.outputs()[0].node).shape;
}

}  // namespace flashcell::test
