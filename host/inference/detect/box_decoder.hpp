#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "quant_models/models/detection.hpp"
#include "quant_models/packed/packed_model.hpp"
#include "tracking/recognition.hpp"

namespace flashcell::host {

/// Boxes from what a detector stores for one picture.
class BoxDecoder {
 public:
  BoxDecoder() = default;
  virtual ~BoxDecoder() = default;
  BoxDecoder(const BoxDecoder&) = delete;
  BoxDecoder& operator=(const BoxDecoder&) = delete;

  virtual int classes() const = 0;

  /// `output`: the engine's. Boxes in pixels of the network's input, strongest first; valid until the next call.
  virtual std::span<const quant::Detection> decode(std::span<const uint8_t> output) = 0;

  /// What `output` says of the class of a box that decode() found in it; the confidence is the box's score.
  virtual tracking::ClassBelief class_of(std::span<const uint8_t> output, const quant::Detection& box) const = 0;
};

/// Turns the scores of classes in `name.log_weight` into evidence, and says of which class the box is.
void conclude_box(const Calibration& calibration, const quant::Detection& box, tracking::ClassBelief& name);

/// What the model's outputs ask for: a cell decoder, or one for FastestDet or YuNet. Throws Error(Fault::input) for
/// networks that find no boxes.
std::unique_ptr<BoxDecoder> make_box_decoder(const quant::PackedModel& model, const quant::DecodeOptions& options);

}  // namespace flashcell::host
