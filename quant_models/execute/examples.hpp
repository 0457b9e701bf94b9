#pragma once
#include <cstdint>
#include <span>

#include "quant_models/execute/executor.hpp"

// What a network of one or several inputs is shown at a time: an example has the numbers of all inputs, without the
// batch, one input after the other in the graph's order.
namespace flashcell::quant {

/// Numbers of one example.
size_t example_size(const Graph& graph);

/// Fills the inputs with `count` examples that lie one after the other: a batch of what run_all() takes. The executor's
/// graph must be for a batch of `count`.
void fill_inputs(Executor& executor, std::span<const float> examples, int64_t count);

}  // namespace flashcell::quant
