// Any bytes as a .npz: a ModelError or arrays that hold what their shape says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell::quant;
  try {
    read_zip({data, size}, "fuzz.zip", uint64_t{1} << 26);  // memory stays small
    for (const auto& [name, array] : read_npz({data, size}, "fuzz.npz")) {
      size_t count = 1;
      for (const int64_t extent : array.shape) count *= static_cast<size_t>(extent);
      if (array.numbers().size() != count) std::abort();
    }
  } catch (const ModelError&) {
  }
  return 0;
}
