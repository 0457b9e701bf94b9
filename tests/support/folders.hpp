#pragma once
#include <filesystem>

// Where things lie. One file is compiled with these paths, so that another clone's compilation is worth the same to
// ccache.
namespace flashcell::test {

/// Real recordings: $FLASHCELL_DATA, else what CMake was told. May not exist.
std::filesystem::path data_dir();

std::filesystem::path build_dir();
std::filesystem::path source_dir();

/// Whether $FLASHCELL_REQUIRE_DATA is set and not 0: a check that lacks its data has then failed.
bool data_required();

}  // namespace flashcell::test

/// Skips the test, saying which file it wants, where that file is absent; fails it where data are required.
#define FLASHCELL_NEEDS_FILE(path)                                               \
  if (!std::filesystem::exists(path)) {                                          \
    if (flashcell::test::data_required()) FAIL() << "needs " << (path).string(); \
    GTEST_SKIP() << "needs " << (path).string();                                 \
  }                                                                              \
  static_assert(true, "")

/// The same for a file or folder of the real recordings.
#define FLASHCELL_NEEDS_DATA(relative) FLASHCELL_NEEDS_FILE(flashcell::test::data_dir() / (relative))
