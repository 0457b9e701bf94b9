#include "host/recognition/recognition_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.hpp"
#include "tracking/recognition_training.hpp"

namespace flashcell::host {
namespace {

tracking::RecognitionModel small_model() {
  std::vector<tracking::Example> examples(40);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].class_index = static_cast<int>(i % 2);
    examples[i].object = static_cast<int>(i);
    for (size_t k = 0; k < examples[i].features.size(); ++k) {
      examples[i].features[k] = static_cast<double>((i * 7 + k * 3) % 11) / 7;
    }
  }
  return tracking::train_calibrated_recognition({"with \"quotes\"", "b"}, examples).model;
}

TEST(RecognitionFile, ComesBackAsItWas) {
  const tracking::RecognitionModel model = small_model();
  const std::string path = (std::filesystem::temp_directory_path() / "flashcell_recognition_test.json").string();
  write_recognition(path, model);
  const tracking::RecognitionModel back = read_recognition(path);
  std::filesystem::remove(path);
  EXPECT_EQ(back.classes, model.classes);
  EXPECT_EQ(back.dimensions, model.dimensions);
  EXPECT_EQ(back.mean, model.mean);
  EXPECT_EQ(back.projection, model.projection);
  EXPECT_EQ(back.centres, model.centres);
  EXPECT_EQ(back.whitening, model.whitening);
  EXPECT_EQ(back.calibration, model.calibration);
  EXPECT_EQ(back.calibration.objects, 40);
}

TEST(RecognitionFile, TheFirstVersionIsReadAndTrustedWithCare) {
  tracking::RecognitionModel model = small_model();
  model.whitening.clear();
  std::string text = recognition_json(model);
  text.replace(text.find("\"version\": 2"), 12, "\"version\": 1");
  text.replace(text.find(",\n \"whitening\""), std::string::npos, "\n}\n");
  const tracking::RecognitionModel back = parse_recognition(text, "old.json");
  EXPECT_EQ(back.centres, model.centres);
  EXPECT_EQ(back.calibration, Calibration());
  EXPECT_TRUE(back.whitening.empty());
}

TEST(RecognitionFile, NamesThatAreNotUtf8AreRefusedAndNothingIsReplaced) {
  const std::string path = (std::filesystem::temp_directory_path() / "flashcell_recognition_names.json").string();
  tracking::RecognitionModel model = small_model();
  write_recognition(path, model);
  model.classes[0] =
      "m\xFC"
      "cke";
  try {
    write_recognition(path, model);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    EXPECT_NE(std::string(error.what()).find("is not UTF-8"), std::string::npos);
  }
  EXPECT_EQ(read_recognition(path).classes, small_model().classes);
  std::filesystem::remove(path);
}

TEST(RecognitionFile, DamagedFilesAreInputErrors) {
  const std::string good = recognition_json(small_model());
  std::string other_version = good, short_of_a_number = good;
  other_version.replace(other_version.find("\"version\": 2"), 12, "\"version\": 9");
  std::string no_integer = good;
  no_integer.replace(no_integer.find("\"dimensions\": 1"), 15, "\"dimensions\": 1e300");
  short_of_a_number.replace(short_of_a_number.find("\"dimensions\": 1"), 15, "\"dimensions\": 2");
  std::string certain = good, no_triangle = good;
  const size_t doubt = good.find("\"doubt\": ");
  certain.replace(doubt, good.find(',', doubt) - doubt, "\"doubt\": 0");
  no_triangle.replace(good.find("\"whitening\": ["), 14, "\"whitening\": [1,");
  std::string loud = good;
  const size_t temperature = good.find("\"temperature\": ");
  loud.replace(temperature, good.find(',', temperature) - temperature, "\"temperature\": 1e300");
  for (const std::string& bad :
       {certain, no_triangle, loud, std::string(), std::string("{}"), good.substr(0, good.size() / 2), other_version,
        short_of_a_number, no_integer, std::string("[1,2]")}) {
    try {
      parse_recognition(bad, "model.json");
      ADD_FAILURE() << bad.substr(0, 40);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::input);
      EXPECT_EQ(std::string(error.what()).find("model.json: "), 0u) << error.what();
    }
  }
  EXPECT_THROW(read_recognition("/nonexistent/model.json"), Error);
}

}  // namespace
}  // namespace flashcell::host
