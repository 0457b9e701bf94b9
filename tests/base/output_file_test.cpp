// Files that appear whole or not at all.
#include "base/output_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "tests/support/folders.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

class OutputFile : public testing::Test {
 protected:
  OutputFile() : folder(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~OutputFile() override { fs::remove_all(folder); }

  fs::path folder;
};

TEST_F(OutputFile, ReplacesAWholeFile) {
  write_file(folder / "a.txt", "one, and longer");
  write_file(folder / "a.txt", "two");
  EXPECT_EQ(content(folder / "a.txt"), "two");
  EXPECT_EQ(entries(folder), 1U);
}

TEST_F(OutputFile, NamesTheFileThatCannotBeWritten) {
  try {
    write_file(folder / "no" / "a.txt", "x");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    EXPECT_NE(std::string(e.what()).find("a.txt"), std::string::npos) << e.what();
  }
}

TEST_F(OutputFile, AnOldFileStaysWhereTheNewOneFails) {
  write_file(folder / "a.txt", "old");
  fs::create_directory(folder / "a.txt.part");  // nothing can be written under that name
  EXPECT_THROW(write_file(folder / "a.txt", "new"), Error);
  EXPECT_EQ(content(folder / "a.txt"), "old");
}

TEST_F(OutputFile, AGroupIsThereAsAWholeOrNotAtAll) {
  FileGroup group(folder / "made");
  group.add("a", std::string("1"));
  group.add("no/b", std::string("2"));
  EXPECT_THROW(group.write(), Error);
  EXPECT_FALSE(fs::exists(folder / "made"));

  FileGroup whole(folder / "made");
  whole.add("a", std::string("1"));
  whole.add("b", std::string("2"));
  whole.write();
  EXPECT_EQ(content(folder / "made" / "a") + content(folder / "made" / "b"), "12");
  EXPECT_EQ(entries(folder / "made"), 2U);
}

}  // namespace
}  // namespace flashcell
