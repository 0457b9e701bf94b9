#include "quant_models/quantize/image_network.hpp"

#include <fmt/format.h>

#include "quant_models/model_error.hpp"
#include "quant_models/quantize/plan.hpp"

namespace flashcell::quant {

Graph prepare_image_network(Graph graph) {
  if (graph.inputs().size() > 1)
    throw ModelError(fmt::format("has {} inputs; this takes a network of one image", graph.inputs().size()));
  return prepare_for_plan(std::move(graph));
}

}  // namespace flashcell::quant
