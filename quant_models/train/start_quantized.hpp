#pragma once
#include "quant_models/graph/graph.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

/// Where fine-tuning begins: the trained network (batch normalization folded) quantized by what 100 training images
/// show, with the scales of least squared error. The input is stored in 8 bits, as pixels of the camera become numbers
/// (input_quantization.hpp). Weights for arrays have one scale a layer.
Graph start_quantized(const Graph& graph, const Task& task, const StageOptions& stage,
                      const Preprocessing& preprocessing);

}  // namespace flashcell::quant
