#include "quant_models/train/start_quantized.hpp"

#include "quant_models/quantize/post_training.hpp"

namespace flashcell::quant {
namespace {

// The first and the last layer with weights.
std::vector<NodeId> edge_layers(const Graph& graph) {
  std::vector<NodeId> weighted;
  for (const NodeId id : graph.order())
    if (weight_of(graph.node(id).layer) != nullptr) weighted.push_back(id);
  if (weighted.size() < 2) return weighted;
  return {weighted.front(), weighted.back()};
}

}  // namespace

Graph start_quantized(const Graph& graph, const Task& task, const StageOptions& stage) {
  constexpr int64_t kImages = 100;
  PostTrainingOptions options;
  options.weights.bits = stage.weight_bits;
  options.weights.calibrator = Calibrator::mse;
  options.activations.bits = stage.activation_bits;
  options.activations.calibrator = Calibrator::mse;
  const int64_t count = std::min(kImages, task.train_count());
  Graph quantized = quantize_post_training(graph, task.calibration_images(count), count, options);
  for (const NodeId id : quantized.inputs()) quantized.set_quantization(id, unsigned_quantization(8, 1 / 255.F));
  if (stage.edge_weight_bits == 0 || stage.edge_weight_bits == stage.weight_bits) return quantized;
  for (const NodeId id : edge_layers(quantized)) {
    Layer layer = quantized.node(id).layer;
    WeightOptions edge = options.weights;
    edge.bits = stage.edge_weight_bits;
    *weight_quantization_of(layer) = calibrate_weights(*weight_of(layer), edge);
    quantized.replace(id, std::move(layer));
  }
  return quantized;
}

}  // namespace flashcell::quant
