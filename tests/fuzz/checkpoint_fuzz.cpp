// Any bytes as a training checkpoint, with a checksum that fits: refused, or written as it was read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <zlib.h>

#include "quant_models/train/checkpoint.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  std::vector<uint8_t> bytes(data, data + size);
  if (size >= 12) {
    const auto sum = static_cast<uint32_t>(crc32_z(0, bytes.data(), size - 4));
    std::memcpy(bytes.data() + size - 4, &sum, 4);
  }
  fuzz::must_parse_or_blame_the_input([&] {
    const std::string again = quant::encode(quant::decode_checkpoint(bytes, "fuzz.checkpoint"));
    if (again.size() != bytes.size() || std::memcmp(again.data(), bytes.data(), bytes.size()) != 0) std::abort();
  });
  return 0;
}
