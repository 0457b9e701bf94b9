#pragma once
#include <array>
#include <span>
#include <vector>

#include "quant_models/models/cell_detector.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// A box from a cell detector's output.
struct CellDetection {
  quant::Detection detection;  ///< px of the network's input
  int cell = 0;                ///< row * columns + column
};

/// Boxes from a cell detector's integers: those of quant::decode_cells() on the real numbers that they stand for, to
/// the bit. Objectness is compared as an integer first, so that only promising cells become real numbers. Allocates
/// nothing.
class CellDecoder {
 public:
  /// Throws Error(Fault::input) when the model is no cell detector.
  CellDecoder(const quant::PackedModel& model, const quant::DecodeOptions& options);

  int rows() const { return output_.height; }
  int columns() const { return output_.width; }
  int classes() const { return output_.channels - quant::kFirstClass; }

  /// `cells`: the engine's output for one picture. Strongest first; valid until the next call.
  std::span<const CellDetection> decode(std::span<const uint8_t> cells);

  /// Real value of one number of a cell in `cells`.
  float value(std::span<const uint8_t> cells, int cell, int channel) const {
    return value_[cells[static_cast<size_t>(cell) * output_.channels + static_cast<size_t>(channel)]];
  }

 private:
  void decode_cell(std::span<const uint8_t> cells, int cell, float objectness);
  void suppress();

  contract::TensorDescriptor output_;
  quant::DecodeOptions options_;
  std::array<float, 256> value_, objectness_;  ///< by stored byte
  int least_stored_ = 0;                       ///< stored objectness from which on the score can be high enough
  std::vector<CellDetection> found_;
};

}  // namespace flashcell::host
