#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/layers/layer_torch.hpp"

namespace flashcell::quant {

/// What training changes: a weight, a bias, or the logarithms of scales (so that a step is a share of the scale).
struct Parameter {
  std::string name;
  at::Tensor value;
  bool decays = false;  ///< weight decay applies
};

/// Mean and variance of one batch at every batch normalization, in the graph's order.
using BatchStatistics = std::vector<at::Tensor>;

/// Sees every node's value as it is made, in the graph's order, part of the computation's record for gradients; may
/// keep it, or put another one in its place.
using TorchObserver = std::function<void(NodeId node, at::Tensor& value)>;

/// What stands behind the columns of a layer's arrays, each of which has some of its rows: the results of all of them,
/// converted, are added up.
struct ColumnConverters {
  struct Array {
    at::Tensor rows;          ///< 1 for its weights, 0 for the others; undefined: all of them
    float low = 0, step = 1;  ///< of the results, without the bias: the least level, and the distance of levels
  };
  std::vector<Array> arrays;  ///< empty: no converters
  int32_t highest_code = 0;
};

/// A graph as libtorch operations. Layers that share their weights (graph/shared_weights.hpp) learn one set of them,
/// with one set of running figures. Weights, biases, batch normalization, and the scales of quantized weights and
/// values are parameters; the scales of inputs and of logarithmic values are fixed. forward() only reads: several
/// threads may run it at once.
class TorchNetwork {
 public:
  /// Throws ModelError where the graph has no input or not one output, or values with several scales.
  explicit TorchNetwork(const Graph& graph);

  /// A quantized weight among the parameters.
  struct QuantizedWeight {
    NodeId node = 0;                      ///< of those that share it the first
    size_t parameter = 0, log_scale = 0;  ///< places in parameters()
    int32_t highest = 0;                  ///< integer
  };
  const std::vector<QuantizedWeight>& quantized_weights() const { return quantized_weights_; }

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Running mean and variance of every batch normalization, those that layers share once.
  std::vector<at::Tensor>& running() { return running_; }

  /// The output for a batch (N x the input's shape; of several inputs N x the numbers of all, in the graph's order),
  /// with `parameters` in the place of parameters(). Batch normalization goes by the batch and appends to `statistics`,
  /// or by the running figures where that is null.
  /// `weight_errors`: TorchRun's. `columns`: by node; gradients pass straight through them, but not beyond their range.
  at::Tensor forward(const at::Tensor& input, std::span<const at::Tensor> parameters, BatchStatistics* statistics,
                     const TorchObserver& observer = {}, std::span<const at::Tensor> weight_errors = {},
                     std::span<const ColumnConverters> columns = {}) const;

  /// running = (1 - share) * running + share * mean of the given batches'.
  void update_running(std::span<const BatchStatistics> batches, double share);

  /// The graph with the parameters' present values.
  Graph trained() const;

 private:
  class Parameters;
  class Trained;
  struct Step {
    NodeId node = 0;
    TorchOperation operation;
    std::function<at::Tensor(const at::Tensor& value, const TorchRun& run)> quantize;
    std::optional<size_t> bias;  // its parameter
  };

  static at::Tensor through_columns(const Step& step, std::span<const at::Tensor> inputs, const TorchRun& run,
                                    const ColumnConverters& columns);

  size_t add_parameter(const std::string& name, const Tensor& value, bool decays);
  size_t add_scales(const std::string& name, const Quantization& quantization);
  const at::Tensor& parameter(const std::string& name) const;
  std::vector<at::Tensor> split_inputs(const at::Tensor& input) const;
  void add_value_quantization(const Node& node, Step& step);

  Graph graph_;
  std::vector<Step> steps_;
  std::vector<Parameter> parameters_;
  std::vector<QuantizedWeight> quantized_weights_;
  std::vector<at::Tensor> running_;
  std::vector<size_t> statistics_of_;  // which running figure each of BatchStatistics belongs to
  std::unordered_map<std::string, size_t> places_, running_places_;  // in the two
};

}  // namespace flashcell::quant
