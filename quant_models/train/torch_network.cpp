#include "quant_models/train/torch_network.hpp"

#include "quant_models/model_error.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"
#include "quant_models/train/torch_layers.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

IntegerRange range_of(const Quantization& q) {
  return {q.lowest(), q.highest(), q.zero_point.at(0)};
}

// Parameters are found again by name; a layer's scales stand behind its weight, a value's behind its node.
std::string weight_name(const Node& node) {
  return node.name + "/weight";
}
std::string weight_scale_name(const Node& node) {
  return node.name + "/weight/scale";
}
std::string bias_name(const Node& node) {
  return node.name + "/bias";
}
std::string value_scale_name(const Node& node) {
  return node.name + "/value/scale";
}

bool has_own_scale(const Node& node) {
  return node.quantization && !only_moves(node.layer) && !std::holds_alternative<Input>(node.layer);
}

}  // namespace

at::Tensor to_torch(const Tensor& tensor) {
  return at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape, at::kFloat).clone();
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().contiguous();
  const float* numbers = dense.data_ptr<float>();
  return {dense.sizes().vec(), std::vector<float>(numbers, numbers + dense.numel())};
}

TorchNetwork::TorchNetwork(const Graph& graph) : graph_(graph) {
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
    throw ModelError("the network has " + std::to_string(graph.inputs().size()) + " inputs and " +
                     std::to_string(graph.outputs().size()) + " outputs; training needs one of each");
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    Step step{id, {}, {}};
    if (!std::holds_alternative<Input>(node.layer)) step.operation = make_operation(node);
    if (node.quantization && !only_moves(node.layer)) add_value_quantization(node, step);
    steps_.push_back(std::move(step));
  }
}

size_t TorchNetwork::add_parameter(const std::string& name, const Tensor& value, bool decays) {
  if (value.empty()) return kNone;
  parameters_.push_back({name, to_torch(value), decays});
  return parameters_.size() - 1;
}

size_t TorchNetwork::add_scales(const std::string& name, const Quantization& quantization) {
  const auto count = static_cast<int64_t>(quantization.scale.size());
  const size_t index = add_parameter(name, make_tensor({count}, quantization.scale), false);
  parameters_[index].value.log_();
  return index;
}

std::function<at::Tensor(const TorchNetwork::Run&)> TorchNetwork::weight_reader(const Node& node) {
  const size_t weight = add_parameter(weight_name(node), *weight_of(node.layer), true);
  const std::optional<Quantization>& quantization = *weight_quantization_of(node.layer);
  if (!quantization) return [weight](const Run& run) { return run.parameters[weight]; };
  if (quantization->axis != 0 && quantization->per_channel())
    throw ModelError("node '" + node.name + "': training needs weight scales along the first dimension");
  const size_t scales = add_scales(weight_scale_name(node), *quantization);
  return [weight, scales, range = range_of(*quantization)](const Run& run) {
    return fake_quantize(run.parameters[weight], run.parameters[scales].exp(), range);
  };
}

TorchNetwork::Operation TorchNetwork::make_normalization(const Node& node) {
  const BatchNormalization& layer = std::get<BatchNormalization>(node.layer);
  const size_t scale = add_parameter(node.name + "/scale", layer.scale, false);
  const size_t bias = add_parameter(node.name + "/shift", layer.bias, false);
  const size_t place = running_.size();
  running_.push_back(to_torch(layer.mean));
  running_.push_back(to_torch(layer.variance));
  return [this, scale, bias, place, epsilon = layer.epsilon](std::span<const at::Tensor> in, const Run& run) {
    const at::Tensor &g = run.parameters[scale], &b = run.parameters[bias];
    if (run.statistics == nullptr)
      return at::batch_norm(in[0], g, b, running_[place], running_[place + 1], false, 0, epsilon, false);
    // With a share of 1 the "running" figures become this batch's own.
    at::Tensor mean = at::zeros_like(g).detach(), variance = at::ones_like(g).detach();
    at::Tensor out = at::batch_norm(in[0], g, b, mean, variance, true, 1.0, epsilon, false);
    run.statistics->push_back(mean);
    run.statistics->push_back(variance);
    return out;
  };
}

TorchNetwork::Operation TorchNetwork::make_operation(const Node& node) {
  if (const Constant* constant = std::get_if<Constant>(&node.layer))
    return [value = to_torch(constant->value)](std::span<const at::Tensor>, const Run&) { return value; };
  if (std::holds_alternative<BatchNormalization>(node.layer)) return make_normalization(node);
  if (weight_of(node.layer) != nullptr) {
    const auto weight = weight_reader(node);
    const size_t bias = add_parameter(bias_name(node), *bias_of(node.layer), false);
    const auto bias_in = [bias](const Run& run) { return bias == kNone ? at::Tensor() : run.parameters[bias]; };
    if (const Convolution* convolution = std::get_if<Convolution>(&node.layer)) {
      Convolution shape = *convolution;
      shape.weight = shape.bias = {};
      return [weight, bias_in, shape](std::span<const at::Tensor> in, const Run& run) {
        return torch_convolution(in[0], weight(run), bias_in(run), shape);
      };
    }
    return [weight, bias_in](std::span<const at::Tensor> in, const Run& run) {
      return at::linear(in[0], weight(run), bias_in(run));
    };
  }
  try {
    return [function = torch_layer(node.layer)](std::span<const at::Tensor> in, const Run&) { return function(in); };
  } catch (const ModelError& e) {
    throw ModelError("node '" + node.name + "': " + e.what());
  }
}

void TorchNetwork::add_value_quantization(const Node& node, Step& step) {
  const Quantization& quantization = *node.quantization;
  if (quantization.scale.size() != 1)
    throw ModelError("node '" + node.name + "': training needs one scale for a value");
  const IntegerRange range = range_of(quantization);
  if (!has_own_scale(node)) {
    step.quantize = [range, scale = at::full({1}, quantization.scale[0])](const at::Tensor& value, const Run&) {
      return fake_quantize(value, scale, range);
    };
    return;
  }
  const size_t scale = add_scales(value_scale_name(node), quantization);
  step.quantize = [range, scale](const at::Tensor& value, const Run& run) {
    return fake_quantize(value, run.parameters[scale].exp(), range);
  };
}

at::Tensor TorchNetwork::forward(const at::Tensor& input, std::span<const at::Tensor> parameters,
                                 BatchStatistics* statistics) const {
  const Run run{parameters, statistics};
  std::vector<at::Tensor> values(graph_.id_limit()), inputs;
  for (const Step& step : steps_) {
    at::Tensor& value = values[static_cast<size_t>(step.node)];
    inputs.clear();
    for (const NodeId id : graph_.node(step.node).inputs) inputs.push_back(values[static_cast<size_t>(id)]);
    value = step.operation ? step.operation(inputs, run) : input;
    if (step.quantize) value = step.quantize(value, run);
  }
  return values[static_cast<size_t>(graph_.outputs()[0].node)];
}

void TorchNetwork::update_running(std::span<const BatchStatistics> batches, double share) {
  for (size_t i = 0; i < running_.size(); ++i) {
    at::Tensor mean = batches[0].at(i).clone();
    for (size_t b = 1; b < batches.size(); ++b) mean += batches[b].at(i);
    running_[i].mul_(1 - share).add_(mean, share / static_cast<double>(batches.size()));
  }
}

Graph TorchNetwork::trained() const {
  std::unordered_map<std::string, at::Tensor> found;
  for (const Parameter& p : parameters_) found[p.name] = p.value;
  const auto scales = [&](const std::string& name) { return from_torch(found.at(name).exp()).values; };
  Graph graph = graph_;
  size_t place = 0;
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    Layer layer = node.layer;
    if (Tensor* weight = weight_of(layer)) {
      *weight = from_torch(found.at(weight_name(node)));
      if (Tensor* bias = bias_of(layer); !bias->empty()) *bias = from_torch(found.at(bias_name(node)));
      if (auto& quantization = *weight_quantization_of(layer)) quantization->scale = scales(weight_scale_name(node));
    } else if (BatchNormalization* norm = std::get_if<BatchNormalization>(&layer)) {
      norm->scale = from_torch(found.at(node.name + "/scale"));
      norm->bias = from_torch(found.at(node.name + "/shift"));
      norm->mean = from_torch(running_[place++]);
      norm->variance = from_torch(running_[place++]);
    }
    graph.replace(id, std::move(layer));
    if (has_own_scale(node)) {
      Quantization quantization = *node.quantization;
      quantization.scale = scales(value_scale_name(node));
      graph.set_quantization(id, quantization);
    } else if (node.quantization && only_moves(node.layer)) {
      graph.set_quantization(id, graph.node(node.inputs[0]).quantization);
    }
  }
  return graph;
}

}  // namespace flashcell::quant
