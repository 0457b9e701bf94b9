#include "quant_models/models/roi_classifier.hpp"

#include "quant_models/models/layer_stack.hpp"

namespace flashcell::quant {

Graph make_roi_classifier(int classes, uint64_t seed) {
  LayerStack stack(seed);
  NodeId x = stack.input({1, 1, 28, 28});
  x = stack.relu("conv1", stack.normalized("conv1", x, 16, 4, 2, 1));  // 14 x 14
  x = stack.relu("conv2", stack.normalized("conv2", x, 16, 3, 2, 1));  // 7 x 7
  x = stack.relu("conv3", stack.normalized("conv3", x, 32, 3, 2, 1));  // 4 x 4
  x = stack.graph().add("flatten", Reshape{{0, -1}}, {x});
  x = stack.fully_connected("scores", x, classes);
  stack.graph().add_output("scores", x);
  return std::move(stack.graph());
}

}  // namespace flashcell::quant
