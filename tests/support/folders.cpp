#include "tests/support/folders.hpp"

#include <cstdlib>

namespace flashcell::test {

std::filesystem::path data_dir() {
  const char* given = std::getenv("FLASHCELL_DATA");
  return given != nullptr ? given : FLASHCELL_DATA_DIR;
}

std::filesystem::path build_dir() {
  return FLASHCELL_BUILD_DIR;
}

std::filesystem::path source_dir() {
  return FLASHCELL_SOURCE_DIR;
}

}  // namespace flashcell::test
