#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "quant_models/cim/device.hpp"
#include "quant_models/train/shard_threads.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// A stage's `arrays`. Throws ModelError: no such device.
cim::ArrayDevice read_array_device(const std::string& text);

/// What the cells of a compute-in-memory device make of a network's weights, for training that learns to bear it: each
/// draw is another chip (Joshi et al., Nature Communications 11, 2020, train with normal noise over the largest weight;
/// here the device's own law is asked, cell by cell).
class ArrayErrors {
 public:
  /// `device`: PRESET[,key=value...]. Throws ModelError: no such device, a layer whose weights have not its bits or
  /// several scales, none at all.
  ArrayErrors(const Graph& graph, const TorchNetwork& network, const std::string& device);

  /// TorchRun::weight_errors of the chip with this seed, for the network's present parameters. The same for any number
  /// of threads.
  std::vector<at::Tensor> draw(const TorchNetwork& network, uint64_t seed, ShardThreads& threads) const;

 private:
  struct Layer {
    TorchNetwork::QuantizedWeight weight;
    uint32_t number = 0;  ///< among the layers on arrays
    int groups = 1, outputs = 0, inputs = 0;
    std::string name;
  };

  at::Tensor errors_of(const Layer& layer, const TorchNetwork& network, uint64_t seed) const;

  cim::ArrayDevice device_;
  std::vector<Layer> layers_;
};

}  // namespace flashcell::quant
