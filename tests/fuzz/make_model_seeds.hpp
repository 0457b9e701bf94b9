#pragma once
#include <filesystem>

namespace flashcell::test {

/// Small networks and weight files in folder/onnx and folder/npz. False when they cannot be written.
bool make_model_seeds(const std::filesystem::path& folder);

}  // namespace flashcell::test
