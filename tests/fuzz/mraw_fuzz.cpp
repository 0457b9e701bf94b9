// Any bytes as a .cih or .cihx, the same bytes again as its .mraw: an Error or frames that lie inside the file.
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "host/source/photron.hpp"
#include "tests/fuzz/read_all.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const flashcell::host::FrameLayout layout =
        flashcell::host::read_photron({data, size}, "fuzz.cih", size, "fuzz.mraw");
    flashcell::fuzz::read_all(layout, flashcell::MemoryReader({data, size}));
  } catch (const flashcell::Error&) {
  }
  return 0;
}
