#include "base/version.hpp"

namespace flashcell {

const char* version() {
  return FLASHCELL_VERSION;
}

const char* program_version() {
  return "flashcell " FLASHCELL_VERSION;
}

}  // namespace flashcell
