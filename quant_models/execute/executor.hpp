#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Sees a node's value right after it has been made; the numbers are gone once it returns.
using Observer = std::function<void(NodeId node, std::span<const float> value)>;

/// Makes the step of a node, whose inputs have these shapes. Noise models of hardware come in here, often around the
/// layer's own step. None: the node's numbers are there before the run, as an input's.
using StepFactory = std::function<Step(const Node& node, std::span<const Shape> inputs)>;

/// The layer's own step, in float32 with fake-quantized weights.
Step layer_step(const Node& node, std::span<const Shape> inputs);

/// Runs a graph in float32. Quantized weights and values are replaced by what their integers stand for, so that a
/// quantized graph shows its own accuracy. With the layers' own steps the same graph and input give the same bytes on
/// every run; convolutions, fully connected layers, pools and sums do so on every machine. Buffers and weights are laid
/// out once, in the constructor; run() allocates nothing. One executor serves one thread.
class Executor {
 public:
  explicit Executor(const Graph& graph, const StepFactory& make_step = layer_step);

  /// Numbers of the i-th input node, to be filled before each run().
  std::span<float> input(size_t i) { return inputs_.at(i); }
  size_t input_count() const { return inputs_.size(); }

  void run(const Observer& observer = {});

  /// Numbers of the i-th output, until the next run().
  std::span<const float> output(size_t i) const { return outputs_.at(i); }
  size_t output_count() const { return outputs_.size(); }

 private:
  struct Task {
    NodeId node = 0;
    Shape shape;
    Step step;  // none: the buffer is filled already
    std::vector<const float*> inputs;
    std::span<float> out;
    std::optional<Quantization> quantization;  // of the value
  };

  void plan_buffers(const Graph& graph);

  std::vector<std::unique_ptr<float[]>> memory_;
  std::vector<Task> tasks_;
  std::vector<std::span<float>> inputs_;
  std::vector<std::span<const float>> outputs_;
};

/// `batch`, or 1 where a graph fixes its batch size: what run_all() takes at a time.
int64_t possible_batch(const Graph& graph, int64_t batch);

/// How run_all() works.
struct RunAllOptions {
  int64_t batch = 32;  ///< images at a time, where the graph lets them
  int threads = 1;     ///< each with an executor of its own; the same bytes for every number
};

/// The first output for each of `count` images, one after the other in `images`, each with the numbers of all inputs in
/// the graph's order. Runs in batches, or image by image where the graph fixes its batch size. Throws ModelError when
/// the graph has no input or output or takes no single image, std::invalid_argument when sizes do not fit.
std::vector<float> run_all(const Graph& graph, std::span<const float> images, int64_t count, int64_t batch = 32,
                           const Observer& observer = {}, const StepFactory& make_step = layer_step);

/// The same with several threads, the layers' own steps and nobody who observes.
std::vector<float> run_all(const Graph& graph, std::span<const float> images, int64_t count,
                           const RunAllOptions& options);

}  // namespace flashcell::quant
