// Any bytes as a .cine: an Error or frames that lie inside the file.
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "host/source/cine.hpp"
#include "tests/fuzz/read_all.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const flashcell::MemoryReader file({data, size});
    flashcell::fuzz::read_all(flashcell::host::read_cine(file, "fuzz.cine"), file);
  } catch (const flashcell::Error&) {
  }
  return 0;
}
