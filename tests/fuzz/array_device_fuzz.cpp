// Any text as a device of memory arrays: read, or refused with Error(Fault::usage).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "quant_models/cim/array_layer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  try {
    const quant::cim::ArrayDevice device =
        quant::cim::read_device(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    // What was accepted can be programmed.
    const float weights[] = {0.5F, -1, 0, 2, 0.25F, -0.75F};
    quant::cim::program(quant::cim::ArrayWeights{"layer", 1, 2, 3, weights, {}}, device, {}, 1, 0);
  } catch (const Error& e) {
    if (e.fault() != Fault::usage) std::abort();
  }
  return 0;
}
