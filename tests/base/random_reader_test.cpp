#include "base/random_reader.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

class RandomReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("flashcell_random_reader_" + std::to_string(::getpid()));
    std::ofstream(path_, std::ios::binary) << "0123456789";
  }
  void TearDown() override { fs::remove(path_); }

  static void expect_reads(const RandomReader& reader) {
    std::vector<uint8_t> three(3), none;
    EXPECT_EQ(reader.size(), 10u);
    EXPECT_TRUE(reader.read(7, three));
    EXPECT_THAT(three, testing::ElementsAre('7', '8', '9'));
    EXPECT_FALSE(reader.read(8, three));
    EXPECT_FALSE(reader.read(UINT64_MAX, three));
    EXPECT_TRUE(reader.read(10, none));
    EXPECT_FALSE(reader.read(11, none));
    EXPECT_EQ(little_endian<uint16_t>(reader, 0), 0x3130);
    EXPECT_EQ(little_endian<uint16_t>(reader, 9), std::nullopt);
    EXPECT_EQ(little_endian<uint64_t>(reader, UINT64_MAX - 3), std::nullopt);
  }

  fs::path path_;
};

TEST_F(RandomReaderTest, MemoryAndFilesAreReadAtAnyPlace) {
  const std::string text = "0123456789";
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  expect_reads(MemoryReader(bytes));
  expect_reads(FileReader(path_));
  EXPECT_EQ(read_whole(path_, 10), bytes);
  EXPECT_THROW(read_whole(path_, 9), Error);
}

TEST_F(RandomReaderTest, AFileThatWasCutEndsWhereItWasCut) {
  const FileReader reader(path_);
  fs::resize_file(path_, 5);
  std::vector<uint8_t> five(5);
  EXPECT_TRUE(reader.read(0, five));
  EXPECT_FALSE(reader.read(1, five));
}

TEST_F(RandomReaderTest, OnlyRegularFilesAreOpened) {
  EXPECT_THROW(FileReader("/dev/zero"), Error);
  EXPECT_THROW(FileReader("/"), Error);
  EXPECT_THROW(FileReader(path_.string() + ".missing"), Error);
}

}  // namespace
}  // namespace flashcell
