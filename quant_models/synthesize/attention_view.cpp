#include "quant_models/synthesize/attention_view.hpp"

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kMostOthers = 16;  // class, distillation and register tokens

// N x heads x ..., of values that have both in the first dimension, or no heads.
at::Tensor by_heads(const at::Tensor& value, int64_t images) {
  if (value.dim() == 4) return value;
  return value.reshape({images, -1, value.size(-2), value.size(-1)});
}

}  // namespace

AttentionView::AttentionView(const Teacher& teacher, const std::string& method)
    : teacher_(teacher), attentions_(find_attentions(teacher.graph())) {
  if (attentions_.empty())
    throw ModelError(
        "the network has no attention, which " + method +
        " looks at; take --method distill (batch normalization), noise, or give real pictures with --calib");
  const Graph& graph = teacher.graph();
  const Shape& weights = graph.node(attentions_[0].softmax).shape;
  const int64_t tokens = weights.back();
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!std::holds_alternative<Convolution>(node.layer)) continue;
    const int64_t patches = node.shape[2] * node.shape[3];
    if (patches > tokens || tokens - patches > kMostOthers) continue;
    rows_ = node.shape[2];
    columns_ = node.shape[3];
    others_ = tokens - patches;
    break;
  }
}

AttentionPass AttentionView::look(const at::Tensor& images) const {
  AttentionPass pass;
  pass.attentions.resize(attentions_.size());
  pass.output = teacher_.output(images, [&](NodeId node, const at::Tensor& value) {
    for (size_t i = 0; i < attentions_.size(); ++i) {
      if (attentions_[i].softmax == node) pass.attentions[i].weights = by_heads(value, images.size(0));
      if (attentions_[i].output == node) pass.attentions[i].output = by_heads(value, images.size(0));
    }
  });
  return pass;
}

}  // namespace flashcell::quant
