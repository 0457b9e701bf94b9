#pragma once
#include <memory>

#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

/// The recipe's examples, read from its data path. Throws ModelError naming the file and what is wrong with it.
std::unique_ptr<Task> load_task(const Recipe& recipe);

/// The recipe's untrained network, or the one of its ONNX file, for a task of so many classes.
Graph make_model(const Recipe& recipe, int classes);

}  // namespace flashcell::quant
