// Any bytes as a picture: what its header states never allocates, and a small one is decoded to that size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/picture_header.hpp"
#include "quant_models/data/picture.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  const auto header = read_picture_header({data, size});
  if (!header || header->width == 0 || header->height == 0) return 0;
  constexpr uint64_t kMostPixels = 1 << 16;  // fuzzers want many runs a second
  if (header->width > kMostPixels / header->height) return 0;
  fuzz::must_parse_or_blame_the_input([&] {
    const quant::Picture picture = quant::decode_picture({data, size}, "fuzz", 1);
    const auto pixels = static_cast<uint64_t>(picture.rows) * static_cast<uint64_t>(picture.columns);
    if (pixels != picture.pixels.size() || pixels > header->width * header->height) std::abort();
  });
  return 0;
}
