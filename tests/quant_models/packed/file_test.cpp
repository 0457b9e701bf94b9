// A packed model's file: the way there and back, and every kind of damage.
#include "quant_models/packed/packed_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "quant_models/model_error.hpp"
#include "quant_models/packed/kernel_image.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::quant {
namespace {

using Bytes = std::vector<uint8_t>;

std::string error_of(const Bytes& bytes) {
  try {
    parse_packed_file(bytes, "m.fcnn");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

void repair_checksum(Bytes& bytes) {
  const uint64_t checksum = packed_file_checksum(bytes);
  std::memcpy(bytes.data() + 24, &checksum, sizeof(checksum));
}

PackedModel named_model() {
  PackedModel model = test::random_model(7);
  model.class_names = {"red cell", "white cell", ""};
  model.preprocessing.channels = Preprocessing::Channels::bgr;
  model.preprocessing.mean = {103.5f, 116.25f, 123.75f};
  return model;
}

TEST(PackedFile, ComesBackAsItWasWritten) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    PackedModel model = seed == 0 ? named_model() : test::random_model(seed);
    const Bytes bytes = packed_file_bytes(model);
    const PackedModel again = parse_packed_file(bytes, "m.fcnn");
    ASSERT_EQ(packed_file_bytes(again), bytes) << seed;
    EXPECT_EQ(kernel_image(again), kernel_image(model));
    EXPECT_EQ(again.name, model.name);
    EXPECT_EQ(again.layer_names, model.layer_names);
    EXPECT_EQ(again.tensor_names, model.tensor_names);
    EXPECT_EQ(again.tensor_scales, model.tensor_scales);
    EXPECT_EQ(again.class_names, model.class_names);
    EXPECT_EQ(again.preprocessing, model.preprocessing);
  }
}

TEST(PackedFile, CarriesItsCalibrationWithTheName) {
  PackedModel model = named_model();
  const Bytes without = packed_file_bytes(model);
  EXPECT_FALSE(parse_packed_file(without, "m.fcnn").calibration);
  model.calibration = Calibration{1.37F, 0.0125F, 80, -3.25F};
  const Bytes bytes = packed_file_bytes(model);
  const PackedModel again = parse_packed_file(bytes, "m.fcnn");
  EXPECT_EQ(again.name, model.name);
  EXPECT_EQ(again.calibration, model.calibration);
  // To a reader of old: the same version, and a longer name.
  const std::string line = "\ncalibration 1.37 0.0125 80 -3.25";
  EXPECT_EQ(bytes[8], without[8]);
  EXPECT_EQ(bytes.size(), without.size() + line.size());
  PackedModel renamed = named_model();
  renamed.name += line;
  EXPECT_EQ(packed_file_bytes(renamed), bytes);
  // What is written in any other way, or is out of range, is a name.
  for (const char* other :
       {"\ncalibration 1.370 0.0125 80 -3.25", "\ncalibration 1.37 0.0125 80", "\ncalibration 0 0.1 1 1",
        "\ncalibration 1 0.1 1 1 ", "\ncalibration 1 nan 1 1", "\ncalibration "}) {
    renamed = named_model();
    renamed.name += other;
    const PackedModel read = parse_packed_file(packed_file_bytes(renamed), "m.fcnn");
    EXPECT_FALSE(read.calibration) << other;
    EXPECT_EQ(read.name, renamed.name);
  }
}

TEST(PackedFile, EveryTruncationIsRefused) {
  const Bytes bytes = packed_file_bytes(named_model());
  for (size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 37) {
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_THAT(error_of(cut), testing::StartsWith("m.fcnn: ")) << size;
    // Even where size and checksum were made to fit.
    if (size < 64) continue;
    const uint64_t file_bytes = size;
    std::memcpy(cut.data() + 16, &file_bytes, sizeof(file_bytes));
    repair_checksum(cut);
    EXPECT_THAT(error_of(cut), testing::StartsWith("m.fcnn: ")) << size;
  }
}

TEST(PackedFile, EveryFlippedBitIsNoticed) {
  const Bytes bytes = packed_file_bytes(named_model());
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    Bytes damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    EXPECT_NE(error_of(damaged), "");
  }
}

TEST(PackedFile, SaysWhatIsWrongWithTheHeader) {
  const Bytes bytes = packed_file_bytes(named_model());
  const auto damaged = [&](size_t at) {
    Bytes copy = bytes;
    copy[at] ^= 1;
    repair_checksum(copy);
    return error_of(copy);
  };
  EXPECT_THAT(damaged(0), testing::HasSubstr("is no .fcnn model"));
  EXPECT_THAT(damaged(8), testing::HasSubstr("version 3 of the format"));
  EXPECT_THAT(damaged(12), testing::HasSubstr("wrong size of its image"));
  EXPECT_THAT(damaged(16), testing::HasSubstr("where its header says"));
  EXPECT_THAT(damaged(40), testing::HasSubstr("unknown header"));
  EXPECT_THAT(damaged(64), testing::HasSubstr("version 3 of the engine"));
  Bytes wrong_sum = bytes;
  wrong_sum[24] ^= 1;
  EXPECT_THAT(error_of(wrong_sum), testing::HasSubstr("checksum"));
}

TEST(PackedFile, WritesWhollyOrNotAtAll) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "packed_file_test";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "model.fcnn").string();
  const PackedModel model = named_model();
  write_packed_file(path, model);
  EXPECT_EQ(packed_file_bytes(read_packed_file(path)), packed_file_bytes(model));
  // A model that is not valid leaves the old file alone.
  PackedModel broken = model;
  broken.layers[0].output = 60000;
  EXPECT_THROW(write_packed_file(path, broken), ModelError);
  EXPECT_EQ(packed_file_bytes(read_packed_file(path)), packed_file_bytes(model));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THROW(write_packed_file((folder / "none" / "model.fcnn").string(), model), Error);
  EXPECT_THROW(read_packed_file((folder / "absent.fcnn").string()), ModelError);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace flashcell::quant
