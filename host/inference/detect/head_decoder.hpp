#pragma once
#include <array>
#include <vector>

#include "host/inference/detect/box_decoder.hpp"
#include "quant_models/models/detector_heads.hpp"

namespace flashcell::host {

/// Boxes from FastestDet's and YuNet's integers: those of quant::decode_fastestdet() and decode_yunet() on the real
/// numbers that they stand for. Allocates for each picture.
class HeadDecoder final : public BoxDecoder {
 public:
  /// Throws Error(Fault::input) when the model is neither.
  HeadDecoder(const quant::PackedModel& model, const quant::DecodeOptions& options);

  int classes() const override { return classes_; }
  std::span<const quant::Detection> decode(std::span<const uint8_t> output) override;
  tracking::ClassBelief class_of(std::span<const uint8_t> output, const quant::Detection& box) const override;

 private:
  Calibration calibration_;
  quant::DecodeOptions options_;
  int input_rows_, input_columns_, classes_ = 1;
  std::vector<quant::DetectorHead> heads_;           ///< their values lie in `numbers_`
  std::vector<std::array<float, 256>> value_;        ///< of a head, by stored byte
  std::vector<float> numbers_;                       ///< what the last picture's outputs stand for
  const quant::DetectorHead* class_head_ = nullptr;  ///< null: there is one class
  std::vector<quant::Detection> found_;
};

}  // namespace flashcell::host
