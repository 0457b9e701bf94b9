#include "quant_models/data_free/family.hpp"

#include <algorithm>

#include "quant_models/graph/attention.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr const char* kKeepNormalization =
    "export it with batch normalization kept (torch.onnx.export: training=TrainingMode.PRESERVE, "
    "do_constant_folding=False)";

}  // namespace

Family family_of(const Graph& graph) {
  if (!find_attentions(simplify(graph)).empty()) return Family::transformer;
  const auto& order = graph.order();
  const bool normalized = std::any_of(order.begin(), order.end(), [&](NodeId id) {
    return std::holds_alternative<BatchNormalization>(graph.node(id).layer);
  });
  return normalized ? Family::normalized : Family::other;
}

PictureMethod best_method(Family family) {
  switch (family) {
    case Family::normalized:
      return PictureMethod::distill;
    case Family::transformer:
      return PictureMethod::psaq;
    case Family::other:
      break;
  }
  throw ModelError(std::string("the network has neither batch normalization nor attention over patches, from which "
                               "pictures could be drawn: ") +
                   kKeepNormalization + ", give real pictures with --calib, or take --method leaves");
}

void check_method(PictureMethod method, Family family) {
  if (is_drawn_blind(method)) return;
  const std::string name = name_in(kPictureMethodNames, method);
  if (looks_at_attention(method)) {
    if (family == Family::transformer) return;
    throw ModelError("--method " + name + " looks at attention over patches, and the network has none: " +
                     (family == Family::normalized ? "take --method distill" : "give real pictures with --calib"));
  }
  if (family == Family::normalized) return;
  if (family == Family::transformer)
    throw ModelError("--method " + name +
                     " reads batch normalization, and the network has no batch normalization but attention: take "
                     "--method psaq");
  throw ModelError("--method " + name + " reads batch normalization, and the network has no batch normalization: " +
                   kKeepNormalization + ", give real pictures with --calib, or take --method leaves");
}

}  // namespace flashcell::quant
