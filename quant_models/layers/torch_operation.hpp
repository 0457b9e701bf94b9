#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

// Layers as libtorch operations, for training. Built where libtorch was found.
namespace flashcell::quant {

at::Tensor to_torch(const Tensor& tensor);
Tensor from_torch(const at::Tensor& tensor);

/// What one pass through a network computes with.
struct TorchRun {
  std::span<const at::Tensor> parameters;
  std::span<const at::Tensor> running;  ///< running statistics
  std::vector<at::Tensor>* statistics;  ///< of this batch, appended to; null: compute with the running ones
  /// Added to the quantized weights in the places of their parameters, in units of the weights' limit (the highest
  /// integer). Undefined: nothing. No places: to none.
  std::span<const at::Tensor> weight_errors = {};
  /// Quantized weights are multiplied by it, as an array has some of a layer's rows. Undefined: they are not.
  at::Tensor weight_rows = {};
};

/// One node's computation. None: an input.
struct TorchOperation {
  std::function<at::Tensor(std::span<const at::Tensor> inputs, const TorchRun& run)> function;
};

/// A tensor of a pass through the network.
using TorchReader = std::function<at::Tensor(const TorchRun& run)>;

/// Where a layer says what training may change, in the order in which it is kept. Names are those under which
/// TrainedValues has the result.
class TorchParameters {
 public:
  virtual ~TorchParameters() = default;

  /// A parameter; reads an undefined tensor where `value` is empty. `decays`: weight decay applies.
  virtual TorchReader add(const char* name, const Tensor& value, bool decays) = 0;
  /// The parameter "weight", fake-quantized with scales that are parameters too where there is a quantization.
  virtual TorchReader add_weight(const Tensor& weight, const std::optional<Quantization>& quantization) = 0;
  /// A statistic that follows the batches' own.
  virtual TorchReader add_running(const char* name, const Tensor& value) = 0;
};

}  // namespace flashcell::quant
