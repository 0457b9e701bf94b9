#include "host/recognition/class_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "pipeline/error.hpp"

namespace flashcell::host {
namespace {

tracking::RecognitionModel small_model() {
  std::vector<tracking::Example> examples(6);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].class_index = static_cast<int>(i % 2);
    for (size_t k = 0; k < examples[i].features.size(); ++k) examples[i].features[k] = 0.1 * static_cast<double>((i * 7 + k * 3) % 11) + (i % 2 != 0 ? 1.0 / 3 : 0);
  }
  return tracking::train_recognition({"ant", "bee"}, examples);
}

TEST(ClassFile, ReadsBackTheSameNumbers) {
  const auto path = std::filesystem::temp_directory_path() / "flashcell_classes_test.json";
  const tracking::RecognitionModel model = small_model();
  save_classes(path.string(), model);
  const tracking::RecognitionModel back = load_classes(path.string());
  std::filesystem::remove(path);
  EXPECT_EQ(back.classes, model.classes);
  EXPECT_EQ(back.dimensions, model.dimensions);
  EXPECT_EQ(back.mean, model.mean);
  EXPECT_EQ(back.projection, model.projection);
  EXPECT_EQ(back.centres, model.centres);
}

TEST(ClassFile, WhatIsNoSuchFileIsOneLineThatNamesIt) {
  for (const char* text : {"", "{", "[]", "{\"format\": 3}", "{\"format\": \"flashcell classes\", \"version\": 9}",
                           "{\"format\": \"flashcell classes\", \"version\": 1, \"classes\": [\"a\", \"b\"], \"dimensions\": 1, \"mean\": [], \"projection\": [], "
                           "\"centres\": []}"}) {
    try {
      parse_classes(text, "c.json");
      FAIL() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::input);
      EXPECT_THAT(e.what(), testing::HasSubstr("c.json"));
    }
  }
}

}  // namespace
}  // namespace flashcell::host
