#pragma once
#include "quant_models/metadata.hpp"
#include "quant_models/onnx/onnx.pb.h"

// Metadata in an ONNX model's metadata_props:
//   flashcell.classes        ["0", "1", ...]
//   flashcell.preprocessing  {"channels": "grey", "mean": [0], "factor": [0.00392]}; value = (pixel - mean) * factor
namespace flashcell::quant::onnx {

/// Writes what is known. Throws ModelError for class names that are no UTF-8.
void write_properties(const Metadata& metadata, onnx_file::ModelProto& model);

/// Other properties are passed over. Throws ModelError that names the property which cannot be read.
Metadata read_properties(const onnx_file::ModelProto& model);

}  // namespace flashcell::quant::onnx
