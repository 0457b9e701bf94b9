#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.hpp"
#include "host/inference/engine/kernels.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host::inference {

/// All activations of a model, for as many items at a time as a cache holds. Tensors with a border have memory of their
/// own, so that it is written once and not for every item; others share theirs.
class ActivationMemory {
 public:
  explicit ActivationMemory(const quant::PackedModel& model);

  const std::vector<Map>& maps() const { return maps_; }
  size_t items() const { return items_; }
  size_t largest_map() const { return largest_map_; }  ///< bytes of all items of one tensor, border included

  /// Inputs from, outputs to the caller's bytes.
  void load(const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items);
  void store(const quant::PackedModel& model, std::span<uint8_t> outputs, size_t items) const;
  /// One tensor of one item, `index` its place in the table, to and from bytes without a border.
  void load(const contract::TensorDescriptor& tensor, size_t index, size_t item, const uint8_t* from);
  void store(const contract::TensorDescriptor& tensor, size_t index, size_t item, uint8_t* to) const;

 private:
  std::vector<bool> may_share(const quant::PackedModel& model) const;

  std::vector<Map> maps_;  // one a tensor
  AlignedVector<uint8_t> bytes_;
  size_t items_ = 1, largest_map_ = 0;
};

}  // namespace flashcell::host::inference
