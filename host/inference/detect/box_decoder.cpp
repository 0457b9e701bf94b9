#include "host/inference/detect/box_decoder.hpp"

#include "base/error.hpp"
#include "host/inference/detect/cell_decoder.hpp"
#include "host/inference/detect/head_decoder.hpp"
#include "host/inference/network.hpp"

namespace flashcell::host {

void conclude_box(const Calibration& calibration, const quant::Detection& box, tracking::ClassBelief& name) {
  const std::span<float> scores(name.log_weight.data(), static_cast<size_t>(name.classes));
  name.strange = calibration.objects > 0 && score_strangeness(scores) > calibration.familiar;
  to_evidence(calibration, scores);
  name.doubt = calibration.doubt;
  name.best = box.object_class;
  name.confidence = box.score;
}

std::unique_ptr<BoxDecoder> make_box_decoder(const quant::PackedModel& model, const quant::DecodeOptions& options) {
  switch (kind_of(model)) {
    case NetworkKind::cell_detector:
      return std::make_unique<CellDecoder>(model, options);
    case NetworkKind::fastestdet:
    case NetworkKind::yunet:
      return std::make_unique<HeadDecoder>(model, options);
    case NetworkKind::classifier:
    case NetworkKind::other:
      break;
  }
  throw Error(Fault::input, model.name + ": is no detector; `flashcell model inspect` shows its layers and outputs");
}

}  // namespace flashcell::host
