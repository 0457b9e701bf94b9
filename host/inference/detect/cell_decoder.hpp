#pragma once
#include <array>
#include <vector>

#include "host/inference/detect/box_decoder.hpp"
#include "quant_models/models/cell_detector.hpp"

namespace flashcell::host {

/// Boxes from a cell detector's integers: those of quant::decode_cells() on the real numbers that they stand for, to
/// the bit. Objectness is compared as an integer first, so that only promising cells become real numbers. Allocates
/// nothing.
class CellDecoder final : public BoxDecoder {
 public:
  /// Throws Error(Fault::input) when the model is no cell detector of at most tracking::kMaxClasses classes.
  CellDecoder(const quant::PackedModel& model, const quant::DecodeOptions& options);

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  int classes() const override { return output_.channels - quant::kFirstClass; }

  std::span<const quant::Detection> decode(std::span<const uint8_t> cells) override;
  tracking::ClassBelief class_of(std::span<const uint8_t> cells, const quant::Detection& box) const override;

 private:
  /// Real value of one number of a cell.
  float value(std::span<const uint8_t> cells, int cell, int channel) const {
    return value_[cells[static_cast<size_t>(cell) * output_.channels + static_cast<size_t>(channel)]];
  }
  void decode_cell(std::span<const uint8_t> cells, int cell, float objectness);
  void suppress();

  Calibration calibration_;
  contract::TensorDescriptor output_;
  int rows_ = 0, columns_ = 0;  ///< of cells
  quant::DecodeOptions options_;
  std::array<float, 256> value_, objectness_;  ///< by stored byte
  int least_stored_ = 0;                       ///< stored objectness from which on the score can be high enough
  std::vector<quant::Detection> found_;
};

}  // namespace flashcell::host
