#pragma once
#include <cstdint>

#include "base/schema/visitor.hpp"
#include "quant_models/train/recipe.hpp"

namespace flashcell::quant {

/// The one list of every key of a recipe, with range and meaning. What depends on keys before it and is not stated yet
/// (0, "") gets its value on the way: a detector's size, a quantized stage's name.
void visit_recipe(Recipe& recipe, schema::Visitor& visitor);

/// Tells whether two runs of one stage would do the same to the same data: every key of the recipe that the stage
/// depends on, by its place in the schema. Other stages' keys are left out, and [data], whose pictures have a
/// fingerprint of their own (Task::fingerprint()).
uint64_t fingerprint(const Recipe& recipe, const StageOptions& stage);

}  // namespace flashcell::quant
