// Any text as a training recipe.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "quant_models/train/recipe.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  fuzz::must_parse_or_blame_the_input([&] {
    const quant::Recipe recipe =
        quant::parse_recipe(std::string(reinterpret_cast<const char*>(data), size), "fuzz.toml");
    if (recipe.stages.empty() || recipe.rows < 1 || recipe.columns < 1) std::abort();
  });
  return 0;
}
