#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

namespace flashcell::test {

/// Folder of real recordings: $FLASHCELL_DATA, else the one CMake was told. May not exist.
inline std::filesystem::path data_dir() {
  const char* env = std::getenv("FLASHCELL_DATA");
  return env != nullptr ? env : FLASHCELL_DATA_DIR;
}

}  // namespace flashcell::test

/// Skips the test, saying which file it wants, where the recordings are absent.
#define FLASHCELL_NEEDS_DATA(relative)                                                     \
  if (!std::filesystem::exists(flashcell::test::data_dir() / (relative))) {                \
    GTEST_SKIP() << "needs " << (flashcell::test::data_dir() / (relative)).string();       \
  }                                                                                        \
  static_assert(true, "")
