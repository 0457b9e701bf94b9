// Any bytes as a .fcnn, with a checksum that fits: refused with ModelError, or a model that is written as it was read
// and that an engine runs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/describe.hpp"
#include "quant_models/packed/packed_file.hpp"

namespace {

constexpr uint64_t kMostWork = 1 << 18;  // multiply-accumulates or bytes: fuzzers want many runs a second

void run(const flashcell::quant::PackedModel& model) {
  uint64_t work = flashcell::quant::describe(model).multiply_accumulates;
  for (const auto& tensor : model.tensors) work += flashcell::quant::bytes_of(tensor);
  if (work > kMostWork) return;
  flashcell::host::Engine engine(model);
  std::vector<uint8_t> input(engine.input_bytes(), 3), output(engine.output_bytes()), expected(engine.output_bytes());
  engine.run(input, 1, output);
  flashcell::host::run_reference(model, input, 1, expected);
  if (output != expected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  std::vector<uint8_t> bytes(data, data + size);
  if (bytes.size() >= 64) {
    const uint64_t file_bytes = size;
    std::memcpy(bytes.data() + 16, &file_bytes, sizeof(file_bytes));
    const uint64_t checksum = quant::packed_file_checksum(bytes);
    std::memcpy(bytes.data() + 24, &checksum, sizeof(checksum));
  }
  try {
    const quant::PackedModel model = quant::parse_packed_file(bytes, "fuzz.fcnn");
    const std::vector<uint8_t> written = quant::packed_file_bytes(model);
    if (bytes[8] == 1) {  // an older file: written anew it means the same
      if (quant::packed_file_bytes(quant::parse_packed_file(written, "again.fcnn")) != written) std::abort();
    } else if (written != bytes) {
      std::abort();
    }
    run(model);
  } catch (const quant::ModelError&) {
  }
  return 0;
}
