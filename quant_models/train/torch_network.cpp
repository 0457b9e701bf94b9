#include "quant_models/train/torch_network.hpp"

#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"

namespace flashcell::quant {
namespace {

IntegerRange range_of(const Quantization& q) {
  return {q.lowest(), q.highest(), q.zero_point.at(0)};
}

// Parameters are found again by name, behind their node's; a value's scale, too.
std::string name_in(const Node& node, const std::string& name) {
  return node.name + "/" + name;
}

// What was there is what is learned on: layers with one set of weights have the name of their first node.
const Node& owner_of(const Graph& graph, const Node& node) {
  return graph.node(weight_owner(graph, graph.find(node.name).value()));
}
constexpr const char *kWeight = "weight", *kBias = "bias", *kWeightScale = "weight/scale", *kValueScale = "value/scale";

// What only moves numbers may store them in another way than they came: parts of one value with scales of their own.
bool stores_anew(const Graph& graph, const Node& node) {
  if (!node.quantization) return false;
  return !only_moves(node.layer) || graph.node(node.inputs[0]).quantization != node.quantization;
}

bool is_logarithmic(const Quantization& quantization) {
  return quantization.kind == QuantizationKind::log_sqrt2;
}

bool has_own_scale(const Graph& graph, const Node& node) {
  return stores_anew(graph, node) && !std::holds_alternative<Input>(node.layer) && !is_logarithmic(*node.quantization);
}

}  // namespace

/// What the layer of one node adds to the network.
class TorchNetwork::Parameters : public TorchParameters {
 public:
  Parameters(TorchNetwork& network, const Node& node) : network_(network), node_(owner_of(network.graph_, node)) {}

  TorchReader add(const char* name, const Tensor& value, bool decays) override {
    if (value.empty()) return [](const TorchRun&) { return at::Tensor(); };
    return reader(network_.add_parameter(name_in(node_, name), value, decays));
  }

  TorchReader add_weight(const Tensor& weight, const std::optional<Quantization>& quantization) override {
    const bool is_new = !network_.places_.contains(name_in(node_, kWeight));
    TorchReader real = add(kWeight, weight, true);
    if (!quantization) return real;
    if (is_logarithmic(*quantization)) throw ModelError("training needs weights in even steps");
    if (quantization->axis != 0 && quantization->per_channel())
      throw ModelError("training needs weight scales along the first dimension");
    const size_t scales = network_.add_scales(name_in(node_, kWeightScale), *quantization);
    const size_t place = network_.places_.at(name_in(node_, kWeight));
    const IntegerRange range = range_of(*quantization);
    if (is_new) {
      const NodeId node = network_.graph_.find(node_.name).value();
      network_.quantized_weights_.push_back({node, place, scales, range.highest});
    }
    return [real, scales, place, range](const TorchRun& run) {
      const at::Tensor scale = run.parameters[scales].exp();
      at::Tensor stored = fake_quantize(real(run), scale, range);
      const bool errs = !run.weight_errors.empty() && run.weight_errors[place].defined();
      if (errs) stored = with_errors(stored, run.weight_errors[place], scale, range.highest);
      return run.weight_rows.defined() ? stored * run.weight_rows : stored;
    };
  }

  TorchReader add_running(const char* name, const Tensor& value) override {
    const auto [found, is_new] = network_.running_places_.try_emplace(name_in(node_, name), network_.running_.size());
    if (is_new) network_.running_.push_back(to_torch(value));
    const size_t place = found->second;
    network_.statistics_of_.push_back(place);
    return [place](const TorchRun& run) { return run.running[place]; };
  }

 private:
  static TorchReader reader(size_t index) {
    return [index](const TorchRun& run) { return run.parameters[index]; };
  }

  TorchNetwork& network_;
  const Node& node_;
};

/// Reads one node's back.
class TorchNetwork::Trained : public TrainedValues {
 public:
  Trained(const TorchNetwork& network, const Node& node)
      : network_(network), node_(node), owner_(owner_of(network.graph_, node)) {}

  Tensor parameter(const char* name) const override { return from_torch(network_.parameter(name_in(owner_, name))); }
  std::vector<float> weight_scales() const override {
    return from_torch(network_.parameter(name_in(owner_, kWeightScale)).exp()).values;
  }
  std::vector<float> value_scales() const {
    return from_torch(network_.parameter(name_in(node_, kValueScale)).exp()).values;
  }
  Tensor running(const char* name) const override {
    return from_torch(network_.running_[network_.running_places_.at(name_in(owner_, name))]);
  }

 private:
  const TorchNetwork& network_;
  const Node &node_, &owner_;
};

TorchNetwork::TorchNetwork(const Graph& graph) : graph_(graph) {
  if (graph.inputs().empty() || graph.outputs().size() != 1)
    throw ModelError("the network has " + std::to_string(graph.inputs().size()) + " inputs and " +
                     std::to_string(graph.outputs().size()) + " outputs; training needs inputs and one output");
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    Step step{id, {}, {}, {}};
    try {
      Parameters parameters(*this, node);
      step.operation = make_torch_operation(node.layer, parameters);
    } catch (const ModelError& e) {
      throw ModelError("node '" + node.name + "': " + e.what());
    }
    if (stores_anew(graph_, node)) add_value_quantization(node, step);
    if (const auto bias = places_.find(name_in(owner_of(graph_, node), kBias)); bias != places_.end())
      step.bias = bias->second;
    steps_.push_back(std::move(step));
  }
}

size_t TorchNetwork::add_parameter(const std::string& name, const Tensor& value, bool decays) {
  const auto [found, is_new] = places_.try_emplace(name, parameters_.size());
  if (is_new) parameters_.push_back({name, to_torch(value), decays});
  return found->second;
}

const at::Tensor& TorchNetwork::parameter(const std::string& name) const {
  return parameters_[places_.at(name)].value;
}

size_t TorchNetwork::add_scales(const std::string& name, const Quantization& quantization) {
  const auto count = static_cast<int64_t>(quantization.scale.size());
  const size_t there = parameters_.size(), index = add_parameter(name, make_tensor({count}, quantization.scale), false);
  if (index == there) parameters_[index].value.log_();
  return index;
}

void TorchNetwork::add_value_quantization(const Node& node, Step& step) {
  const Quantization& quantization = *node.quantization;
  if (quantization.scale.size() != 1)
    throw ModelError("node '" + node.name + "': training needs one scale for a value");
  if (is_logarithmic(quantization)) {
    step.quantize = [scale = quantization.scale[0], highest = quantization.highest()](const at::Tensor& value,
                                                                                      const TorchRun&) {
      return fake_quantize_log_sqrt2(value, scale, highest);
    };
    return;
  }
  const IntegerRange range = range_of(quantization);
  if (!has_own_scale(graph_, node)) {
    step.quantize = [range, scale = at::full({1}, quantization.scale[0])](const at::Tensor& value, const TorchRun&) {
      return fake_quantize(value, scale, range);
    };
    return;
  }
  const size_t scale = add_scales(name_in(node, kValueScale), quantization);
  step.quantize = [range, scale](const at::Tensor& value, const TorchRun& run) {
    return fake_quantize(value, run.parameters[scale].exp(), range);
  };
}

std::vector<at::Tensor> TorchNetwork::split_inputs(const at::Tensor& input) const {
  const std::vector<NodeId> inputs = graph_.inputs();
  if (inputs.size() == 1) return {input};
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const NodeId id : inputs) {
    Shape shape = graph_.node(id).shape;
    shape[0] = 1;
    const int64_t numbers = element_count(shape);
    shape[0] = input.size(0);
    parts.push_back(input.narrow(1, first, numbers).reshape(shape));
    first += numbers;
  }
  return parts;
}

at::Tensor TorchNetwork::through_columns(const Step& step, std::span<const at::Tensor> inputs, const TorchRun& run,
                                         const ColumnConverters& columns) {
  at::Tensor bias, sum;
  for (const ColumnConverters::Array& array : columns.arrays) {
    TorchRun part = run;
    part.weight_rows = array.rows;
    at::Tensor result = step.operation.function(inputs, part);
    if (step.bias && !bias.defined()) {
      std::vector<int64_t> shape(static_cast<size_t>(result.dim()), 1);
      shape[result.dim() == 4 ? 1 : shape.size() - 1] = -1;  // channels of a convolution, else what stands last
      bias = run.parameters[*step.bias].reshape(shape);
    }
    if (bias.defined()) result = result - bias;
    result = fake_quantize(result - array.low, at::full({1}, array.step), {0, columns.highest_code, 0}) + array.low;
    sum = sum.defined() ? sum + result : result;
  }
  return bias.defined() ? sum + bias : sum;
}

at::Tensor TorchNetwork::forward(const at::Tensor& input, std::span<const at::Tensor> parameters,
                                 BatchStatistics* statistics, const TorchObserver& observer,
                                 std::span<const at::Tensor> weight_errors,
                                 std::span<const ColumnConverters> columns) const {
  const TorchRun run{parameters, running_, statistics, weight_errors, {}};
  std::vector<at::Tensor> values(graph_.id_limit()), inputs;
  const std::vector<at::Tensor> given = split_inputs(input);
  size_t next = 0;
  for (const Step& step : steps_) {
    at::Tensor& value = values[static_cast<size_t>(step.node)];
    inputs.clear();
    for (const NodeId id : graph_.node(step.node).inputs) inputs.push_back(values[static_cast<size_t>(id)]);
    const bool converts = !columns.empty() && !columns[static_cast<size_t>(step.node)].arrays.empty();
    if (!step.operation.function)
      value = given[next++];
    else if (converts)
      value = through_columns(step, inputs, run, columns[static_cast<size_t>(step.node)]);
    else
      value = step.operation.function(inputs, run);
    if (step.quantize) value = step.quantize(value, run);
    if (observer) observer(step.node, value);
  }
  return values[static_cast<size_t>(graph_.outputs()[0].node)];
}

void TorchNetwork::update_running(std::span<const BatchStatistics> batches, double share) {
  std::vector<at::Tensor> sums(running_.size());
  std::vector<size_t> counts(running_.size(), 0);
  for (size_t i = 0; i < statistics_of_.size(); ++i) {
    at::Tensor& sum = sums[statistics_of_[i]];
    for (const BatchStatistics& batch : batches) {
      if (sum.defined()) sum += batch.at(i);
      if (!sum.defined()) sum = batch.at(i).clone();
      ++counts[statistics_of_[i]];
    }
  }
  for (size_t i = 0; i < running_.size(); ++i)
    running_[i].mul_(1 - share).add_(sums[i], share / static_cast<double>(counts[i]));
}

Graph TorchNetwork::trained() const {
  Graph graph = graph_;
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    const Trained values(*this, node);
    Layer layer = node.layer;
    take_trained(layer, values);
    graph.replace(id, std::move(layer));
    if (has_own_scale(graph_, node)) {
      Quantization quantization = *node.quantization;
      quantization.scale = values.value_scales();
      graph.set_quantization(id, quantization);
    } else if (node.quantization && only_moves(node.layer) && !stores_anew(graph_, node)) {
      graph.set_quantization(id, graph.node(node.inputs[0]).quantization);
    }
  }
  return graph;
}

}  // namespace flashcell::quant
