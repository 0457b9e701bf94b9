#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// A model's preprocessing of 8-bit pixels as a table: q = clamp(floor((pixel - mean) * factor / scale + 1/2) +
/// zero_point), for the first input tensor. No arithmetic is left for the hot path.
class InputTable {
 public:
  /// Throws Error(Fault::input) when the first input tensor does not have the channels that the preprocessing names
  /// (grey 1, rgb and bgr 3).
  explicit InputTable(const quant::PackedModel& model);

  /// Pixels with all channels together, in the order that the model wants, to stored values: as many bytes.
  /// Throws Error(Fault::usage) when the numbers of bytes differ or are no whole pixels.
  void apply(std::span<const uint8_t> pixels, std::span<uint8_t> values) const;

  /// True where values are the pixels' own bytes: apply() in place then has nothing to do.
  bool is_identity() const { return identity_; }

  int channels() const { return static_cast<int>(tables_.size()); }
  /// The value of one pixel's channel: a two's complement byte where the tensor is signed.
  uint8_t value(int channel, uint8_t pixel) const { return tables_[static_cast<size_t>(channel)][pixel]; }

 private:
  std::vector<std::array<uint8_t, 256>> tables_;  // one a channel
  bool identity_ = true;
};

}  // namespace flashcell::host
