// A text as a pixel format's name, numbers as a geometry, the rest as a file of raw frames.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.hpp"
#include "host/source/raw_frames.hpp"
#include "tests/fuzz/read_all.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  struct Head {
    int16_t width, height, bits;
    uint8_t pixels, grey;
    uint64_t header_bytes, gap_bytes;
    double fps;
    char name[14];
  } head;
  if (size < sizeof head) return 0;
  std::memcpy(&head, data, sizeof head);
  const MemoryReader file({data + sizeof head, size - sizeof head});
  try {
    host::RawGeometry geometry;
    geometry.width = head.width;
    geometry.height = head.height;
    geometry.significant_bits = head.bits;
    geometry.pixels = static_cast<host::RawPixels>(head.pixels % 11);
    geometry.header_bytes = head.header_bytes;
    geometry.gap_bytes = head.gap_bytes;
    geometry.fps = head.fps;
    fuzz::read_all(host::lay_out_raw(geometry, file.size(), "fuzz.raw", head.grey % 2 != 0), file);
    host::parse_raw_pixels(std::string_view(head.name, sizeof head.name));
  } catch (const Error&) {
  }
  return 0;
}
