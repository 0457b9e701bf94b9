#pragma once
#include <filesystem>

// Where things lie. One file is compiled with these paths, so that another clone's compilation is worth the same to
// ccache.
namespace flashcell::test {

/// Real recordings: $FLASHCELL_DATA, else what CMake was told. May not exist.
std::filesystem::path data_dir();

std::filesystem::path build_dir();
std::filesystem::path source_dir();

}  // namespace flashcell::test

/// Skips the test, saying which file it wants, where the recordings are absent.
#define FLASHCELL_NEEDS_DATA(relative)                                               \
  if (!std::filesystem::exists(flashcell::test::data_dir() / (relative))) {          \
    GTEST_SKIP() << "needs " << (flashcell::test::data_dir() / (relative)).string(); \
  }                                                                                  \
  static_assert(true, "")
