#pragma once
#include "quant_models/graph/graph.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

/// Where fine-tuning begins: the trained network (batch normalization folded) quantized by what 100 training images
/// show, with the scales of least squared error. The input is stored as the camera delivers it: 8 bits, 1 / 255 a step.
Graph start_quantized(const Graph& graph, const Task& task, const StageOptions& stage);

}  // namespace flashcell::quant
