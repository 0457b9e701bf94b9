#pragma once
#include <memory>

#include "host/inference/network_engine.hpp"
#include "pipeline/device.hpp"
#include "pipeline/namer.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Beside segmentation: an object gets the class of the detection that covers it: at least half of the object's box
/// lies inside the detection's, and of several such the one with the largest intersection over union. Others stay
/// unnamed. Throws as FrameDetector's constructor.
std::unique_ptr<Namer> make_detection_namer(const quant::PackedModel& model, const quant::DecodeOptions& options,
                                            int significant_bits, const EngineFactory& make_engine = make_cpu_engine);

/// Instead of segmentation: the boxes are the objects, named. Records hold the box, rounded to whole pixels, and the
/// moments of its pixels; in order of their first pixel. Of more than `most` boxes the strongest stay, the others are
/// counted as lost. Boxes have no features. Throws as FrameDetector's constructor.
std::unique_ptr<Device> make_detection_device(const quant::PackedModel& model, const quant::DecodeOptions& options,
                                              int significant_bits, size_t most,
                                              const EngineFactory& make_engine = make_cpu_engine);

}  // namespace flashcell::host
