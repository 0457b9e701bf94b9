#include "quant_models/execute/examples.hpp"

#include <algorithm>

namespace flashcell::quant {

size_t example_size(const Graph& graph) {
  size_t numbers = 0;
  for (const NodeId id : graph.inputs()) {
    const Shape& shape = graph.node(id).shape;
    numbers += static_cast<size_t>(element_count(shape) / (shape.empty() ? 1 : shape[0]));
  }
  return numbers;
}

void fill_inputs(Executor& executor, std::span<const float> examples, int64_t count) {
  const auto now = static_cast<size_t>(count);
  const size_t each = examples.size() / now;
  size_t first = 0;
  for (size_t i = 0; i < executor.input_count(); ++i) {
    const std::span<float> input = executor.input(i);
    const size_t numbers = input.size() / now;
    for (size_t k = 0; k < now; ++k)
      std::copy_n(examples.begin() + static_cast<ptrdiff_t>(each * k + first), numbers,
                  input.begin() + static_cast<ptrdiff_t>(numbers * k));
    first += numbers;
  }
}

}  // namespace flashcell::quant
