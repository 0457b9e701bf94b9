#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "quant_models/graph/graph.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::quant {

/// What a file may leave open.
struct ImportOptions {
  int rows = 0, columns = 0;  ///< of inputs: their first two open extents behind the batch; 0: those are refused
};

/// A network from an ONNX file (operator sets 6 to 21; weights inside it or, of one read by its path, in files beside
/// it; an open batch size becomes 1). Nodes keep their names; those without are named after their values. What follows
/// from shapes and constants is worked out, whatever its rank, as long as it comes to at most 16 times the numbers of
/// the file's tensors plus 2^20 (operator_context.hpp); Identity and Dropout vanish; QuantizeLinear, DequantizeLinear
/// and a Clip between them become the quantization of values and weights. No layer is folded or fused, batch
/// normalization keeps its scale, bias, mean and variance: see simplify(). Throws ModelError that begins with `name`:
/// damaged files, operators that are not supported (by node, with the list of those that are), numbers that are not
/// finite, graphs with a cycle.
Graph import_onnx(std::span<const uint8_t> file, const std::string& name, const ImportOptions& options = {});
Graph import_onnx(const std::string& path, const ImportOptions& options = {});

/// A network and what its file says of classes and input (metadata_properties.hpp).
struct OnnxModel {
  Graph graph;
  Metadata metadata;
};

/// The same with the metadata; throws as well where that is damaged.
OnnxModel import_onnx_model(std::span<const uint8_t> file, const std::string& name, const ImportOptions& options = {});
OnnxModel import_onnx_model(const std::string& path, const ImportOptions& options = {});

}  // namespace flashcell::quant
