#include "host/inference/check_buffers.hpp"

#include <string>

#include "base/error.hpp"

namespace flashcell::host {

void check_buffers(const quant::PackedModel& model, size_t input_bytes, size_t items, size_t output_bytes) {
  const uint64_t input = quant::bytes_of_role(model, contract::kInputTensor);
  const uint64_t output = quant::bytes_of_role(model, contract::kOutputTensor);
  if (input_bytes / input != items || input_bytes % input != 0 || output_bytes / output != items ||
      output_bytes % output != 0) {
    throw Error(Fault::usage, model.name + ": " + std::to_string(items) + " items need " + std::to_string(input) +
                                  " bytes of input and " + std::to_string(output) + " of output each, there are " +
                                  std::to_string(input_bytes) + " and " + std::to_string(output_bytes));
  }
}

}  // namespace flashcell::host
