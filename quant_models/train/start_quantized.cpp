#include "quant_models/train/start_quantized.hpp"

#include "quant_models/model_error.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/train/array_errors.hpp"

namespace flashcell::quant {

Graph start_quantized(const Graph& graph, const Task& task, const StageOptions& stage,
                      const Preprocessing& preprocessing) {
  constexpr int64_t kImages = 100;
  PostTrainingOptions options;
  options.weights.bits = stage.weight_bits;
  options.weights.per_channel = stage.arrays.empty();
  options.weights.calibrator = Calibrator::mse;
  options.edge_weight_bits = stage.edge_weight_bits;
  options.activations.bits = stage.activation_bits;
  options.activations.calibrator = Calibrator::mse;
  if (!stage.arrays.empty()) {
    for (const cim::LayerBits& layer : read_array_device(stage.arrays).layers) {
      if (!graph.find(layer.name))
        throw ModelError("arrays = \"" + stage.arrays + "\": names a layer '" + layer.name +
                         "' that the network does not have");
      if (layer.weight_bits > 0) options.node_bits[layer.name].weights = layer.weight_bits;
    }
  }
  const int64_t count = std::min(kImages, task.train_count());
  Graph quantized = quantize_post_training(graph, task.calibration_images(count), count, options);
  for (const NodeId id : quantized.inputs()) quantized.set_quantization(id, input_quantization(preprocessing));
  return quantized;
}

}  // namespace flashcell::quant
