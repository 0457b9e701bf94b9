#pragma once
#include <string>

#include "quant_models/graph/graph.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::quant {

/// The network as an ONNX file: operator set 13, or 21, which has 16-bit integers, where a value has more than 8 bits.
/// Quantized values pass QuantizeLinear and DequantizeLinear; quantized weights are stored as integers behind a
/// DequantizeLinear, one scale for each channel where they have several. Biases stay float. ONNX has no type below 8
/// bits before operator set 21: fewer bits are a Clip of the 8-bit integers in between, so that any runtime computes
/// the right numbers (QCDQ; Pappalardo et al., QONNX, 2022). Swish and hard swish become a gate and a product; a fully
/// connected layer on more than two dimensions a MatMul and an Add. For graphs without these, and with weights that are
/// storable already, import_onnx() gives the same graph again; fuse_activations() restores the first two,
/// fuse_layer_normalization() and fuse_gelu() those that set 13 lacks. Throws ModelError, naming the node, for weights
/// of more than 8 bits. Values on a logarithmic scale call a function of the file, in ONNX's own operators (IR version
/// 8 at least then). What is known of the metadata goes into the model's metadata_props (metadata_properties.hpp).
std::string export_onnx(const Graph& graph, const Metadata& metadata = {});
void export_onnx(const Graph& graph, const std::string& path, const Metadata& metadata = {});

}  // namespace flashcell::quant
