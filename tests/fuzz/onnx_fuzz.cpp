// Any bytes as an ONNX file: a ModelError, or a graph that can be simplified, written, and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell::quant;
  Graph graph;
  try {
    graph = import_onnx({data, size}, "fuzz.onnx");
  } catch (const ModelError&) {
    return 0;
  }
  for (const NodeId id : graph.order())
    for (const NodeId input : graph.node(id).inputs)
      if (element_count(graph.node(input).shape) < 1) std::abort();
  constexpr size_t kMostNodes = 200;  // folding looks at every pair of nodes
  try {
    if (graph.order().size() < kMostNodes) graph = simplify(std::move(graph));
    const std::string bytes = export_onnx(graph);
    import_onnx({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "again.onnx");
  } catch (const ModelError&) {
    // 16-bit integers cannot be written; folding may overflow to infinity.
  }
  return 0;
}
