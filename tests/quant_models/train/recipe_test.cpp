// Recipes: what is read, what is refused, and which checkpoints go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "quant_models/model_error.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/recipe_schema.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Recipe, ReadsStages) {
  const Recipe r = parse_recipe(R"(
    task = "classify"
    [data]
    format = "mnist"
    path = "x"
    [train]
    epochs = 7
    batch = 32
    [[quantize]]
    [[quantize]]
    name = "four"
    weights = 4
    edge_weights = 8
    epochs = 2
  )",
                                "r.toml");
  ASSERT_EQ(r.stages.size(), 3U);
  EXPECT_EQ(r.stages[0].name, "float");
  EXPECT_EQ(r.stages[1].name, "w8a8");
  EXPECT_EQ(r.stages[1].epochs, 7);
  EXPECT_DOUBLE_EQ(r.stages[1].learning_rate, 1e-4);
  EXPECT_EQ(r.stages[2].weight_bits, 4);
  EXPECT_EQ(r.stages[2].edge_weight_bits, 8);
  EXPECT_EQ(r.stages[2].batch, 32);
}

TEST(Recipe, SaysWhatIsWrongAndWhere) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      parse_recipe(text, "r.toml");
    } catch (const ModelError& e) {
      return e.what();
    }
    return "no error";
  };
  const std::string good = "task = \"classify\"\n[data]\nformat = \"mnist\"\n";
  EXPECT_EQ(error(good), "no error");
  EXPECT_THAT(error("task = "), HasSubstr("r.toml:1: "));
  EXPECT_THAT(error("task = \"cook\""), AllOf(HasSubstr("r.toml:1: task is \"cook\""), HasSubstr("classify, detect")));
  EXPECT_THAT(error(good + "pth = 3\n"), AllOf(HasSubstr("r.toml:4: data.pth is not a key"), HasSubstr("`path`")));
  EXPECT_THAT(error(good + "[train]\nbatch = \"x\"\n"), HasSubstr("r.toml:5: train.batch must be a whole number"));
  EXPECT_THAT(error(good + "[train]\nbatch = 0\n"), HasSubstr("train.batch is 0; it must be in 1..65536"));
  EXPECT_THAT(error(good + "[quantize]\n"), HasSubstr("[[quantize]]"));
  EXPECT_THAT(error(good + "[[quantize]]\n[[quantize]]\n"), HasSubstr("two stages"));
  EXPECT_THAT(error("[data]\nformat = \"mnist\"\n"), HasSubstr("task must be one of classify, detect"));
  EXPECT_THAT(error("task = \"classify\"\n"), HasSubstr("data.format must be one of mnist"));
  EXPECT_THAT(error("tusk = 1\n" + good), HasSubstr("tusk is not a key; did you mean `task`?"));
  EXPECT_THAT(error(good + "[trane]\n"), HasSubstr("[trane] is not a section; did you mean `train`?"));
  EXPECT_THAT(error(good + "[[quantize]]\nbits = 3\n"), HasSubstr("[[quantize]] has no key bits"));
  EXPECT_THAT(error(good + "[[quantize]]\nname = \"a/b\"\n"), HasSubstr("r.toml:4: [[quantize]] needs a name"));
  EXPECT_THAT(error("channels = 2\n" + good), HasSubstr("1 (grey) or 3 (colour)"));
}

TEST(Recipe, WhatIsNotStatedFollowsFromWhatIs) {
  const Recipe detector = parse_recipe("task = \"detect\"\nrows = 256\n[data]\nformat = \"voc\"\n", "r.toml");
  EXPECT_EQ(detector.model, "cell_detector");
  EXPECT_EQ(detector.rows, 256);
  EXPECT_EQ(detector.columns, 512);
  EXPECT_EQ(detector.data.train, "train");
  const Recipe classifier = parse_recipe(
      "task = \"classify\"\n[data]\nformat = \"mnist\"\n[train]\nlearning_rate = 0.1\naverage = 0.5\n"
      "[[quantize]]\nweights = 4\nactivations = 6\n",
      "r.toml");
  EXPECT_EQ(classifier.model, "roi_classifier");
  EXPECT_EQ(classifier.rows, 28);
  const StageOptions& stage = classifier.stages.at(1);
  EXPECT_EQ(stage.name, "w4a6");
  EXPECT_EQ(stage.edge_weight_bits, 4);
  EXPECT_EQ(stage.learning_rate, 1e-4);
  EXPECT_EQ(stage.average, 0.5);
}

/// Changes the n-th key that it sees.
class ChangeOne : public schema::Visitor {
 public:
  explicit ChangeOne(int which) : left_(which) {}
  std::string changed;  ///< section.key; empty: there are no more

  void section(const char* name, const char*) override { section_ = name; }
  void boolean(const char* key, bool& value, const char*) override {
    if (is_it(key)) value = !value;
  }
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char*) override {
    if (is_it(key)) ++value;
  }
  void real(const char* key, double& value, double, double, const char*) override {
    if (is_it(key)) value += 0.0001;
  }
  void text(const char* key, std::string& value, const char*) override {
    if (is_it(key)) value += "x";
  }
  void choice(const char* key, std::string& value, const std::vector<std::string>& names, const char*) override {
    if (is_it(key)) value = value == names[0] ? names[1] : names[0];
  }
  void range(const char*, int&, int&, int, int, bool, const char*) override { FAIL(); }
  void points(const char*, std::vector<std::array<double, 2>>&, double, const char*) override { FAIL(); }
  void numbers(const char* key, std::vector<double>& value, size_t count, double, const char*) override {
    if (is_it(key)) value.assign(count, 0.5);
  }
  void tables(const char* key, schema::Tables& value, const char*) override {
    section_ = key;
    for (size_t i = 0; i < value.size(); ++i) value.visit(i, *this);
  }

 private:
  bool is_it(const char* key) {
    if (left_-- != 0) return false;
    changed = section_ + "." + key;
    return true;
  }

  int left_;
  std::string section_;
};

// A key that the fingerprint forgot would let a checkpoint of another recipe go on.
TEST(Recipe, EveryKeyChangesTheFingerprintOfTheStagesItConcerns) {
  const Recipe recipe = parse_recipe(
      "task = \"classify\"\n[data]\nformat = \"mnist\"\n[[quantize]]\nweights = 4\n[[quantize]]\n", "r.toml");
  const auto of_stage = [&](const Recipe& r, size_t i) { return fingerprint(r, r.stages.at(i)); };
  std::set<uint64_t> all = {of_stage(recipe, 0), of_stage(recipe, 1), of_stage(recipe, 2)};
  EXPECT_EQ(all.size(), 3U);
  int keys = 0;
  for (;; ++keys) {
    Recipe other = recipe;
    ChangeOne change(keys);
    visit_recipe(other, change);
    if (change.changed.empty()) break;
    SCOPED_TRACE(change.changed);
    const std::string section = change.changed.substr(0, change.changed.find('.'));
    const bool data = section == "data", training = section == "train", quantized = section == "quantize";
    EXPECT_EQ(of_stage(other, 0) != of_stage(recipe, 0), !data && !quantized);
    const int changed = (of_stage(other, 1) != of_stage(recipe, 1)) + (of_stage(other, 2) != of_stage(recipe, 2));
    EXPECT_EQ(changed, data || training ? 0 : quantized ? 1 : 2);
  }
  EXPECT_EQ(keys, 9 + 4 + 9 + 6 + 2 * 13);
}

TEST(Recipe, ShippedOnesParse) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() / "quant_models/recipes")) {
    if (entry.path().extension() != ".toml") continue;
    EXPECT_NO_THROW(read_recipe(entry.path().string())) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace flashcell::quant
