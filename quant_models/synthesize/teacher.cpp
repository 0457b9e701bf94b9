#include "quant_models/synthesize/teacher.hpp"

#include <unordered_map>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

Graph prepared(const Graph& graph) {
  return remove_output_tail(simplify(with_batch(graph, 1), {.keep_batch_normalization = true}));
}

}  // namespace

at::Tensor statistics_distance(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& variance) {
  // Rows of one channel first: they lie together in memory.
  const at::Tensor rows = x.dim() > 2 ? x.flatten(2) : x.unsqueeze(2);
  const at::Tensor batch_mean = rows.mean(2).mean(0), batch_square = rows.square().mean(2).mean(0);
  constexpr double kLeastVariance = 1e-8;  // the root's slope at 0 has no end
  const at::Tensor deviation = (batch_square - batch_mean.square()).clamp_min(kLeastVariance).sqrt();
  const at::Tensor difference = (batch_mean - mean).square().sum() + (deviation - variance.sqrt()).square().sum();
  return difference / variance.sum().clamp_min(kLeastVariance);
}

Teacher::Teacher(const Graph& graph) : graph_(prepared(graph)), network_(graph_) {
  for (const Parameter& p : network_.parameters()) parameters_.push_back(p.value.detach());
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    if (const auto* layer = std::get_if<BatchNormalization>(&node.layer))
      normalizations_.push_back({id, node.inputs[0], to_torch(layer->mean), to_torch(layer->variance)});
  }
}

const Shape& Teacher::input_shape() const {
  return graph_.node(graph_.inputs()[0]).shape;
}

int64_t Teacher::classes() const {
  const Shape& shape = graph_.node(graph_.outputs()[0].node).shape;
  const int64_t count = element_count(shape);
  return shape.size() >= 2 && shape[1] == count && count > 1 ? count : 0;
}

void Teacher::require_normalization(const std::string& method) const {
  if (normalizations_.empty())
    throw ModelError(
        "the network has no batch normalization (none, or it was folded when the file was written), which " + method +
        " reads; export it with batch normalization kept, take --method noise, or give real pictures "
        "with --calib");
}

at::Tensor Teacher::output(const at::Tensor& images, const TorchObserver& observer) const {
  return network_.forward(images, parameters_, nullptr, observer).flatten(1);
}

TeacherPass Teacher::look(const at::Tensor& images) const {
  std::unordered_map<NodeId, at::Tensor> read;
  for (const Normalization& n : normalizations_) read[n.input];
  TeacherPass pass;
  pass.output = output(images, [&](NodeId node, const at::Tensor& value) {
    const auto found = read.find(node);
    if (found != read.end()) found->second = value;
  });
  for (const Normalization& n : normalizations_)
    pass.statistics.push_back(statistics_distance(read.at(n.input), n.mean, n.variance));
  return pass;
}

std::vector<int64_t> Teacher::weights_before() const {
  std::vector<int64_t> places;
  for (const Normalization& n : normalizations_) {
    const std::string name = graph_.node(n.input).name + "/weight";
    int64_t place = -1;
    for (size_t i = 0; i < network_.parameters().size(); ++i)
      if (network_.parameters()[i].name == name) place = static_cast<int64_t>(i);
    places.push_back(place);
  }
  return places;
}

}  // namespace flashcell::quant
