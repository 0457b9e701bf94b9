#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/inference/engine/engine.hpp"
#include "host/inference/input_table.hpp"

namespace flashcell::test {

/// One output of the integer engine as the real numbers that it stands for, channels fastest.
struct EngineOutput {
  std::string name;
  int rows = 0, columns = 0, channels = 0;
  std::vector<float> values;
};

/// Runs a packed model with one input on pictures.
class EngineRunner {
 public:
  explicit EngineRunner(const quant::PackedModel& model) : model_(model), table_(model), engine_(model) {}

  /// Stored outputs of one image of pixels (rows, columns, channels in the model's order).
  std::vector<uint8_t> run(std::span<const uint8_t> pixels) {
    std::vector<uint8_t> input(engine_.input_bytes()), output(engine_.output_bytes());
    table_.apply(pixels, input);
    engine_.run(input, 1, output);
    return output;
  }

  std::vector<EngineOutput> outputs(std::span<const uint8_t> pixels) {
    const std::vector<uint8_t> bytes = run(pixels);
    std::vector<EngineOutput> outputs;
    size_t next = 0;
    for (size_t i = 0; i < model_.tensors.size(); ++i) {
      const contract::TensorDescriptor& t = model_.tensors[i];
      if ((t.role & contract::kOutputTensor) == 0) continue;
      EngineOutput out{model_.tensor_names[i], t.height, t.width, t.channels, {}};
      for (size_t k = 0; k < quant::values_of(t); ++k) {
        const int stored = contract::stored_value(bytes.data() + next, k, t.type);
        out.values.push_back(model_.tensor_scales[i] * static_cast<float>(stored - t.zero_point));
      }
      next += quant::bytes_of(t);
      outputs.push_back(std::move(out));
    }
    return outputs;
  }

 private:
  const quant::PackedModel& model_;
  host::InputTable table_;
  host::Engine engine_;
};

}  // namespace flashcell::test
