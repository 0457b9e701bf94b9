// Any bytes as an xclbin: an Error, or a description that can be checked and chosen from.
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "host/xclbin/check.hpp"
#include "host/xclbin/xclbin.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const flashcell::host::Xclbin xclbin = flashcell::host::read_xclbin({data, size}, "fuzz.xclbin");
    flashcell::host::check_xclbin(xclbin);
    flashcell::contract::LabelParameters label;
    label.width = label.height = 512;
    flashcell::host::choose_kernel(xclbin, label, "fuzz.xclbin");
  } catch (const flashcell::Error&) {
  }
  return 0;
}
