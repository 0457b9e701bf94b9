#include "quant_models/data_free/student.hpp"

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

bool is_sum(const Graph& graph, NodeId id) {
  return std::holds_alternative<Add>(graph.node(id).layer);
}

// Where the two networks are compared: behind residual blocks, else behind activations.
std::vector<std::string> compared_values(const Graph& graph, const std::string& head) {
  std::vector<std::string> blocks, activations;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!std::holds_alternative<Activation>(node.layer) || node.name == head) continue;
    activations.push_back(node.name);
    if (is_sum(graph, node.inputs[0])) blocks.push_back(node.name);
  }
  return blocks.empty() ? activations : blocks;
}

std::unordered_map<NodeId, size_t> places_of(const Graph& graph, const std::vector<std::string>& names) {
  std::unordered_map<NodeId, size_t> places;
  for (size_t i = 0; i < names.size(); ++i) places[graph.find(names[i]).value()] = i;
  return places;
}

// The node whose value the tail (softmax) reads.
std::string head_of(const Graph& graph) {
  const Graph heads = remove_output_tail(graph);
  if (heads.outputs().size() != 1)
    throw ModelError("the network has " + std::to_string(heads.outputs().size()) + " outputs; training needs one");
  return heads.node(heads.outputs()[0].node).name;
}

}  // namespace

at::Tensor distillation_loss(const at::Tensor& student, const at::Tensor& teacher, double temperature) {
  const at::Tensor p = at::softmax(teacher / temperature, 1);
  const at::Tensor difference = at::log_softmax(teacher / temperature, 1) - at::log_softmax(student / temperature, 1);
  return (p * difference).sum(1).mean() * (temperature * temperature);
}

at::Tensor sure_class_loss(const at::Tensor& student, const at::Tensor& teacher, double most_difficulty) {
  const auto [probability, best] = at::softmax(teacher, 1).max(1);
  const at::Tensor weight = probability * (1 - probability).le(most_difficulty);
  return -(weight * at::log_softmax(student, 1).gather(1, best.unsqueeze(1)).squeeze(1)).mean();
}

Student::Student(const Graph& real, const Graph& quantized, const StudentOptions& options)
    : options_(options), teacher_(real), network_(quantized) {
  const std::string head = head_of(real);
  std::vector<std::string> names = compared_values(real, head);
  names.push_back(head);
  in_teacher_ = places_of(real, names);
  in_student_ = places_of(quantized, names);
  const Shape& output = real.node(real.find(head).value()).shape;
  classes_ = output.size() >= 2 && output[1] > 1 && output[1] == element_count(output);
  for (const Parameter& p : teacher_.parameters()) teacher_parameters_.push_back(p.value.detach());
}

Student::Values Student::run(const TorchNetwork& network, const std::unordered_map<NodeId, size_t>& places,
                             const at::Tensor& images, std::span<const at::Tensor> parameters) {
  Values values(places.size());
  network.forward(images, parameters, nullptr, [&](NodeId node, const at::Tensor& value) {
    const auto found = places.find(node);
    if (found != places.end()) values[found->second] = value;
  });
  values.back() = values.back().flatten(1);
  return values;
}

at::Tensor Student::loss(const at::Tensor& images, std::span<const at::Tensor> parameters) const {
  Values real;
  {
    const at::NoGradGuard no_gradients;
    real = run(teacher_, in_teacher_, images, teacher_parameters_);
  }
  const Values own = run(network_, in_student_, images, parameters);
  const auto distance = [&](size_t i) {
    return (own[i] - real[i]).square().sum() / real[i].square().sum().clamp_min(1e-8);
  };
  at::Tensor loss = distance(own.size() - 1);
  if (classes_) {
    loss = distillation_loss(own.back(), real.back(), options_.temperature);
    if (options_.class_weight > 0)
      loss = loss + options_.class_weight * sure_class_loss(own.back(), real.back(), options_.most_difficulty);
  }
  if (options_.feature_weight > 0 && own.size() > 1) {
    at::Tensor features = distance(0);
    for (size_t i = 1; i + 1 < own.size(); ++i) features = features + distance(i);
    loss = loss + features * (options_.feature_weight / static_cast<double>(own.size() - 1));
  }
  return loss;
}

at::Tensor Student::output(const at::Tensor& images, std::span<const at::Tensor> parameters) const {
  return run(network_, in_student_, images, parameters).back();
}

}  // namespace flashcell::quant
