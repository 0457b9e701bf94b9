#include "base/mapped_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace flashcell {
namespace {

namespace fs = std::filesystem;

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("flashcell_mapped_file_" + std::to_string(::getpid()));
    bytes_.resize(static_cast<size_t>(5 * page() + 100));
    std::iota(bytes_.begin(), bytes_.end(), uint8_t{1});
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
    file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  }
  void TearDown() override {
    ::close(file_);
    fs::remove(path_);
  }

  static int64_t page() { return ::sysconf(_SC_PAGESIZE); }
  void cut(int64_t size) const { fs::resize_file(path_, static_cast<uintmax_t>(size)); }

  fs::path path_;
  std::vector<uint8_t> bytes_;
  int file_ = -1;
};

TEST_F(MappedFileTest, HasTheFilesBytesThoughItIsClosed) {
  const MappedFile map(file_, bytes_.size());
  ::close(file_);
  file_ = -1;
  EXPECT_TRUE(std::equal(map.bytes().begin(), map.bytes().end(), bytes_.begin(), bytes_.end()));
  EXPECT_TRUE(map.were_there(0));
  EXPECT_TRUE(map.were_there(bytes_.size()));
}

TEST_F(MappedFileTest, WhatIsCutReadsAsZeroAndIsTold) {
  const int64_t p = page();
  for (const int64_t size : {int64_t{0}, int64_t{1}, p - 1, p, 3 * p + 7, 5 * p, 5 * p + 1}) {
    SCOPED_TRACE(size);
    SetUp();
    const MappedFile map(file_, bytes_.size());
    cut(size);
    // What lies a page before the cut is not doubted.
    if (size >= 2 * p) {
      EXPECT_TRUE(map.were_there(static_cast<uint64_t>(size - 2 * p)));
    }
    std::vector<uint8_t> expected(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(size));
    expected.resize(bytes_.size());
    EXPECT_TRUE(std::equal(map.bytes().begin(), map.bytes().end(), expected.begin()));
    EXPECT_FALSE(map.were_there(static_cast<uint64_t>(size + 1)));
    EXPECT_FALSE(map.were_there(bytes_.size()));
    ::close(file_);
  }
  SetUp();
}

TEST_F(MappedFileTest, NothingWhereItCannotBe) {
  const MappedFile empty(file_, 0), none(-1, 100);
  EXPECT_TRUE(empty.bytes().empty());
  EXPECT_TRUE(none.bytes().empty());
  EXPECT_FALSE(none.were_there(1));
  std::deque<MappedFile> many;
  for (int i = 0; i < 70; ++i) many.emplace_back(file_, bytes_.size());
  EXPECT_FALSE(many.front().bytes().empty());
  EXPECT_TRUE(many.back().bytes().empty());
  many.clear();
  EXPECT_FALSE(MappedFile(file_, bytes_.size()).bytes().empty());
}

// Maps of others fail as ever.
TEST_F(MappedFileTest, OtherBusErrorsAreNotHidden) {
  const auto fail = [this] {
    const MappedFile ours(file_, bytes_.size());
    void* const at = ::mmap(nullptr, bytes_.size(), PROT_READ, MAP_PRIVATE, file_, 0);
    cut(0);
    ::_exit(*static_cast<const volatile uint8_t*>(at));  // 0, had it been filled in
  };
  EXPECT_DEATH(fail(), "");
}

}  // namespace
}  // namespace flashcell
