#include "tests/support/folders.hpp"

#include <cstdlib>
#include <cstring>

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

bool data_required() {
  const char* required = std::getenv("FLASHCELL_REQUIRE_DATA");
  return required != nullptr && *required != '\0' && std::strcmp(required, "0") != 0;
}

}  // namespace flashcell::test
