// Any text as a configuration file: read, or refused with Error(Fault::usage).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "host/config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  host::Config config;
  try {
    host::parse_config(std::string(reinterpret_cast<const char*>(data), size), "fuzz", config);
  } catch (const Error& e) {
    if (e.fault() != Fault::usage) std::abort();
    return 0;
  }
  // What was accepted can be printed and read again, and stays the same.
  const std::string text = host::print_config(config, false);
  host::Config again;
  host::parse_config(text, "printed", again);
  if (host::print_config(again, false) != text) std::abort();
  return 0;
}
