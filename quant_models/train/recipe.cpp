#include "quant_models/train/recipe.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

// A table of the recipe; every key must be asked for before done(), so that a misspelt one is an error.
class Section {
 public:
  Section(const toml::table& table, std::string name, const std::string& file)
      : table_(table), name_(std::move(name)), file_(file) {}

  template <typename T>
  T get(const char* key, T otherwise) {
    asked_.insert(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return otherwise;
    const std::optional<T> value = node->value<T>();
    if (!value) fail(*node, key, "has a value of the wrong type");
    return *value;
  }

  double number(const char* key, double otherwise, double low, double high) {
    const double value = get<double>(key, otherwise);
    if (!(value >= low && value <= high)) fail_range(key, low, high);
    return value;
  }

  int64_t integer(const char* key, int64_t otherwise, int64_t low, int64_t high) {
    const int64_t value = get<int64_t>(key, otherwise);
    if (value < low || value > high) fail_range(key, static_cast<double>(low), static_cast<double>(high));
    return value;
  }

  std::string text(const char* key, const std::string& otherwise,
                   std::initializer_list<std::string_view> allowed = {}) {
    std::string value = get<std::string>(key, otherwise);
    if (allowed.size() == 0 || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
    std::string list;
    for (const std::string_view a : allowed) list.append(list.empty() ? "" : ", ").append(a);
    const toml::node* node = table_.get(key);
    fail(node != nullptr ? *node : static_cast<const toml::node&>(table_), key, "must be one of: " + list);
  }

  Section section(const char* key) {
    static const toml::table kEmpty;
    asked_.insert(key);
    const toml::node* node = table_.get(key);
    if (node != nullptr && node->as_table() == nullptr) fail(*node, key, "must be a table");
    return {node == nullptr ? kEmpty : *node->as_table(), key, file_};
  }

  std::vector<Section> sections(const char* key) {
    asked_.insert(key);
    std::vector<Section> found;
    const toml::node* node = table_.get(key);
    if (node == nullptr) return found;
    if (!node->is_array_of_tables()) fail(*node, key, std::string("must be written as [[").append(key).append("]]"));
    for (const toml::node& each : *node->as_array()) found.emplace_back(*each.as_table(), key, file_);
    return found;
  }

  void done() const {
    for (const auto& [key, node] : table_)
      if (!asked_.contains(std::string(key.str()))) fail(node, std::string(key.str()).c_str(), "is no key of a recipe");
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const char* key, const std::string& what) const {
    throw ModelError(file_ + ": line " + std::to_string(node.source().begin.line) + ": '" +
                     (name_.empty() ? "" : name_ + ".") + key + "' " + what);
  }
  [[noreturn]] void fail_range(const char* key, double low, double high) const {
    std::ostringstream range;
    range << "must lie in " << low << " .. " << high;
    const toml::node* node = table_.get(key);
    fail(node != nullptr ? *node : static_cast<const toml::node&>(table_), key, range.str());
  }

  const toml::table& table_;
  std::string name_;
  const std::string& file_;
  std::set<std::string> asked_;
};

DataOptions read_data(Section s) {
  DataOptions data;
  data.format = s.text("format", "", {"mnist", "cifar10", "digits", "class_folders", "voc", "coco", "scene"});
  data.path = s.text("path", "");
  data.train = s.text("train", "train");
  data.test = s.text("test", "test");
  s.done();
  return data;
}

AugmentOptions read_augment(Section s) {
  AugmentOptions a;
  a.shift = s.number("shift", 0, 0, 1000);
  a.rotate = s.number("rotate", 0, 0, 180);
  a.scale = s.number("scale", 0, 0, 4);
  a.stretch = s.number("stretch", 0, 0, 4);
  a.brightness = s.number("brightness", 0, 0, 1);
  a.contrast = s.number("contrast", 0, 0, 4);
  a.mirror_columns = s.get("mirror_columns", false);
  a.mirror_rows = s.get("mirror_rows", false);
  a.transpose = s.get("transpose", false);
  s.done();
  return a;
}

StageOptions read_stage(Section& s, const StageOptions& otherwise) {
  StageOptions stage = otherwise;
  stage.epochs = static_cast<int>(s.integer("epochs", otherwise.epochs, 1, 100000));
  stage.batch = s.integer("batch", otherwise.batch, 1, 65536);
  stage.learning_rate = s.number("learning_rate", otherwise.learning_rate, 0, 10);
  stage.warmup_epochs = s.number("warmup_epochs", otherwise.warmup_epochs, 0, 100000);
  stage.weight_decay = s.number("weight_decay", otherwise.weight_decay, 0, 10);
  stage.average = s.number("average", otherwise.average, 0, 0.99999);
  return stage;
}

StageOptions read_quantized_stage(Section s, const StageOptions& real) {
  StageOptions defaults = real;
  defaults.learning_rate = 1e-4;
  defaults.warmup_epochs = 0;
  defaults.weight_decay = 0;
  StageOptions stage = read_stage(s, defaults);
  stage.weight_bits = static_cast<int>(s.integer("weights", 8, 2, 8));
  stage.activation_bits = static_cast<int>(s.integer("activations", 8, 2, 8));
  stage.edge_weight_bits = static_cast<int>(s.integer("edge_weights", stage.weight_bits, 2, 8));
  const std::string bits = std::to_string(stage.weight_bits);
  stage.name = s.text("name", std::string("w").append(bits).append("a") + std::to_string(stage.activation_bits));
  if (stage.name.empty() || stage.name.find_first_of("/\\") != std::string::npos)
    throw ModelError("the name of a [[quantize]] stage must be usable as a file name");
  s.done();
  return stage;
}

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& name) {
  toml::table table;
  try {
    table = toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    throw ModelError(name + ": line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()));
  }
  Section s(table, "", name);
  Recipe recipe;
  recipe.task = s.text("task", "", {"classify", "detect"}) == "detect" ? TaskKind::detect : TaskKind::classify;
  recipe.seed = static_cast<uint64_t>(s.integer("seed", 1, 0, INT64_MAX));
  const bool detects = recipe.task == TaskKind::detect;
  recipe.model = s.text("model", detects ? "cell_detector" : "roi_classifier");
  recipe.channels = static_cast<int>(s.integer("channels", 1, 1, 3));
  if (recipe.channels == 2) throw ModelError(name + ": 'channels' must be 1 (grey) or 3 (colour)");
  recipe.rows = static_cast<int>(s.integer("rows", detects ? 512 : 28, 1, 4096));
  recipe.columns = static_cast<int>(s.integer("columns", detects ? 512 : 28, 1, 4096));
  recipe.evaluate_every = static_cast<int>(s.integer("evaluate_every", 1, 1, 100000));
  recipe.data = read_data(s.section("data"));
  recipe.augment = read_augment(s.section("augment"));
  Section train = s.section("train");
  recipe.stages.push_back(read_stage(train, {"float"}));
  train.done();
  for (const Section& each : s.sections("quantize"))
    recipe.stages.push_back(read_quantized_stage(each, recipe.stages.front()));
  s.done();
  std::set<std::string> names;
  for (const StageOptions& stage : recipe.stages)
    if (!names.insert(stage.name).second)
      throw ModelError(name + ": two stages are named '" + stage.name + "'; give one another name");
  return recipe;
}

Recipe read_recipe(const std::string& path) {
  const std::vector<uint8_t> bytes = read_file(path);
  return parse_recipe({bytes.begin(), bytes.end()}, path);
}

}  // namespace flashcell::quant
