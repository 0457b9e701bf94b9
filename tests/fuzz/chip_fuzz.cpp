// Any text as a chip's description, and as the spec of a generated network: refused as wrong usage, or read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "quant_models/manycore/mesh.hpp"
#include "quant_models/manycore/sparse_network.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  namespace manycore = quant::manycore;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::must_parse_or_blame(Fault::usage, [&] {
    const manycore::Chip chip = manycore::parse_chip(text, "fuzz.toml");
    const manycore::Mesh mesh(chip);
    for (int e = 0; e < chip.elements; ++e)
      if (mesh.node_of(e) >= mesh.nodes()) std::abort();
    if (chip.data_bytes() < 1 || chip.levels.empty()) std::abort();
  });
  fuzz::must_parse_or_blame(Fault::usage, [&] {
    if (manycore::parse_random_network("random:" + text).hidden.empty()) std::abort();
  });
  return 0;
}
