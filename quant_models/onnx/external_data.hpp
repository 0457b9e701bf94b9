#pragma once
#include <string>

#include "quant_models/onnx/onnx.pb.h"

namespace flashcell::quant::onnx {

/// Brings numbers that stand in files beside the model (TensorProto.external_data: location, offset, length) into the
/// model. `folder`: the model's. Throws ModelError that names the tensor: a location outside the folder, a file that
/// cannot be read or is too short.
void load_external_data(const std::string& folder, onnx_file::ModelProto& model);

}  // namespace flashcell::quant::onnx
