#pragma once
#include <ATen/ATen.h>

#include <span>
#include <string>
#include <vector>

#include "quant_models/cim/device.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// The output converters of a compute-in-memory device as training sees them: the currents of each array's columns are
/// cut off and rounded as its converters do that, before arrays of a layer are added up and the bias comes to them.
/// Ranges are those that the emulated arrays find (cim::calibrate()). Converters are taken for ideal; weights that take
/// several cells, one cell with an offset, and inputs of several cycles are computed without.
class ArrayConverters {
 public:
  /// `device`: as ArrayErrors has it. A device without converters: none are seen.
  ArrayConverters(const Graph& graph, const std::string& device);

  /// Finds ranges for the network as it is now, by `count` images as the graph takes them.
  void calibrate(const Graph& network, std::span<const float> images, int64_t count);

  /// TorchNetwork::forward()'s columns, by the ranges last found.
  std::vector<ColumnConverters> columns() const;

  bool empty() const { return layers_.empty(); }
  /// The ranges, to be kept with a run.
  at::Tensor& state() { return ranges_; }

 private:
  struct Layer {
    NodeId node = 0;
    std::string name;
    std::vector<int> rows;          // of each array
    std::vector<at::Tensor> masks;  // of one array: undefined
  };

  cim::ArrayDevice device_;
  size_t id_limit_ = 0;
  std::vector<Layer> layers_;
  at::Tensor ranges_;  // layers x (low, high, whether zero is a level, what a full cell's current is worth)
};

}  // namespace flashcell::quant
