#include "quant_models/train/array_errors.hpp"

#include "base/error.hpp"
#include "quant_models/cim/array_network.hpp"
#include "quant_models/cim/held_weights.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"

namespace flashcell::quant {

cim::ArrayDevice read_array_device(const std::string& text) {
  try {
    return cim::device_of(text);
  } catch (const Error& e) {
    throw ModelError("arrays = \"" + text + "\": " + e.what());
  }
}

ArrayErrors::ArrayErrors(const Graph& graph, const TorchNetwork& network, const std::string& device)
    : device_(read_array_device(device)) {
  uint32_t number = 0;
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    const Node& node = graph.node(id);
    Tensor storage;
    const cim::ArrayWeights weights = cim::weights_of(node, storage);
    for (const TorchNetwork::QuantizedWeight& w : network.quantized_weights()) {
      if (w.node != id) continue;
      const int bits = device_.of_layer(node.name).array.weight_bits;
      if (w.highest != (1 << (bits - 1)) - 1 || network.parameters()[w.log_scale].value.numel() != 1)
        throw ModelError("arrays = \"" + device + "\": weights of '" + node.name + "' have " + std::to_string(bits) +
                         " bits there, sign included; the stage must say weights = " +
                         std::to_string(device_.array.weight_bits) + ", for all layers");
      layers_.push_back({w, number, weights.groups, weights.outputs, weights.inputs, node.name});
    }
    ++number;
  }
  if (layers_.empty())
    throw ModelError(
        "the network has no convolution and no fully connected layer with quantized weights: nothing is "
        "for arrays");
}

at::Tensor ArrayErrors::errors_of(const Layer& layer, const TorchNetwork& network, uint64_t seed) const {
  const at::NoGradGuard no_gradients;
  const at::Tensor scale = network.parameters()[layer.weight.log_scale].value.exp();
  const int32_t highest = layer.weight.highest;
  const at::Tensor stored =
      fake_quantize(network.parameters()[layer.weight.parameter].value, scale, {-highest, highest, 0}).contiguous();
  const std::span<const float> numbers(stored.data_ptr<float>(), static_cast<size_t>(stored.numel()));
  cim::LayerSettings settings;
  settings.weight_limit = scale.item<double>() * highest;
  std::vector<float> held = cim::held_weights({layer.name, layer.groups, layer.outputs, layer.inputs, numbers, {}},
                                              device_, settings, seed, layer.number);
  const auto limit = static_cast<float>(*settings.weight_limit);
  for (size_t i = 0; i < held.size(); ++i) held[i] = (held[i] - numbers[i]) / limit;
  return at::from_blob(held.data(), stored.sizes()).clone();
}

std::vector<at::Tensor> ArrayErrors::draw(const TorchNetwork& network, uint64_t seed, ShardThreads& threads) const {
  std::vector<at::Tensor> errors(network.parameters().size());
  threads.run(layers_.size(),
              [&](size_t i) { errors[layers_[i].weight.parameter] = errors_of(layers_[i], network, seed); });
  return errors;
}

}  // namespace flashcell::quant
