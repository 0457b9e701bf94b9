#pragma once
#include <memory>

#include "host/inference/network_engine.hpp"
#include "host/inference/roi/roi_cropper.hpp"
#include "pipeline/namer.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Names objects by what a classifier sees of each (RoiClassifier). Those of which it is less sure than
/// `least_confidence` (0..1) stay unnamed in that frame. Throws as RoiClassifier's constructor.
std::unique_ptr<Namer> make_roi_namer(const quant::PackedModel& model, const CropParameters& parameters,
                                      int significant_bits, float least_confidence,
                                      const EngineFactory& make_engine = make_cpu_engine);

}  // namespace flashcell::host
