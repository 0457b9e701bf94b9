#pragma once
#include <span>
#include <vector>

#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant {

/// Multiply-accumulates of a token's layers without zeros.
double dense_macs(const RecurrentNetwork& network);

/// Counts what work events ask for: weights that are not zero in the columns of inputs and outputs that are not.
class ActivityCount {
 public:
  explicit ActivityCount(const RecurrentNetwork& network);

  /// Rows of a layer's inputs and of its outputs one step earlier.
  void add(size_t layer, std::span<const float> inputs, std::span<const float> outputs_before);
  /// Rows of outputs that are decoded.
  void add_decoded(std::span<const float> outputs);
  void add(const ActivityCount& other);

  /// Multiply-accumulates a step of all layers; of the decoder, a decoded row.
  double macs() const;
  double decoder_macs() const;
  /// Share of a layer's outputs that are not zero.
  double activity(size_t layer) const;

 private:
  struct Layer {
    std::vector<int64_t> input_weights, recurrent_weights;  // of each column, those that are not zero
    int64_t macs = 0, steps = 0, events = 0;
  };
  std::vector<Layer> layers_;
  size_t names_, read_;
  int64_t decoded_events_ = 0, decoded_ = 0;
};

}  // namespace flashcell::quant
