// Any text as a generated scene: refused as wrong usage, or parameters that are written and read back as themselves.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/synth/scene_parameters.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::must_parse_or_blame(Fault::usage, [&] {
    const std::string spec = host::to_spec(host::parse_scene(text));
    if (host::to_spec(host::parse_scene(spec)) != spec) std::abort();
  });
  return 0;
}
