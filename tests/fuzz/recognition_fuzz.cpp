// Any text as a file of named classes: refused, or a model that is written as it was read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/recognition/recognition_file.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::must_parse_or_blame_the_input([&] {
    const std::string written = host::recognition_json(host::parse_recognition(text, "fuzz.json"));
    if (host::recognition_json(host::parse_recognition(written, "again.json")) != written) std::abort();
  });
  return 0;
}
