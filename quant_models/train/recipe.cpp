#include "quant_models/train/recipe.hpp"

#include <set>

#include "base/schema/toml_reader.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/recipe_schema.hpp"

namespace flashcell::quant {
namespace {

// What visit_recipe() takes for not stated.
Recipe unstated_recipe() {
  Recipe recipe;
  recipe.task = TaskKind::unstated;
  recipe.rows = recipe.columns = 0;
  recipe.data.train = "train";
  recipe.data.test = "test";
  recipe.stages.push_back({"float"});
  return recipe;
}

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& name) {
  Recipe recipe = unstated_recipe();
  try {
    schema::read_toml(text, {name, Fault::input, "the README of the recipes lists them all"},
                      [&](schema::Visitor& visitor) { visit_recipe(recipe, visitor); });
  } catch (const Error& e) {
    throw ModelError(e.what());
  }
  if (recipe.channels == 2) throw ModelError(name + ": channels must be 1 (grey) or 3 (colour)");
  for (const double d : recipe.deviation)
    if (d <= 0) throw ModelError(name + ": std must be above 0");
  std::set<std::string> names;
  for (const StageOptions& stage : recipe.stages)
    if (!names.insert(stage.name).second)
      throw ModelError(name + ": two stages are named '" + stage.name + "'; give one another name");
  return recipe;
}

Preprocessing preprocessing_of(const Recipe& recipe) {
  Preprocessing p;
  if (recipe.channels == 3) p.channels = Preprocessing::Channels::rgb;
  for (size_t c = 0; c < recipe.mean.size(); ++c) p.mean[c] = static_cast<float>(255 * recipe.mean[c]);
  for (size_t c = 0; c < recipe.deviation.size(); ++c)
    p.factor[c] = static_cast<float>(1 / (255 * recipe.deviation[c]));
  return p;
}

Recipe read_recipe(const std::string& path) {
  const std::vector<uint8_t> bytes = read_file(path);
  return parse_recipe({bytes.begin(), bytes.end()}, path);
}

}  // namespace flashcell::quant
