#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/device/object_stage.hpp"
#include "host/inference/network_engine.hpp"
#include "pipeline/namer.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// The networks that a configuration names, read and checked: what names objects, and what may find them.
class Naming {
 public:
  /// Throws Error(Fault::input) for a network that cannot be read or is none of the kind that its section wants,
  /// Error(Fault::usage) for sections that contradict each other, and arrays that do not fit.
  explicit Naming(const Config& config);

  /// Names by class; empty when no network names anything.
  const std::vector<std::string>& classes() const { return classes_; }
  /// Of the network that names.
  Calibration calibration() const;
  /// True when a network wants to see colours.
  bool wants_colour() const;
  /// True when a network looks at pictures of frames or objects.
  bool looks() const { return classifier_ || detector_; }
  /// True when the boxes of a detector are the objects: segmentation and labelling are not used.
  bool finds_objects() const { return detector_ && config_.detect.objects == DetectionUse::instead; }

  /// For frames of a recording with grey samples of `significant_bits`; empty when nothing is to be named there. The
  /// factory stands on its own.
  NamerFactory namer(int significant_bits) const;
  /// The detector's boxes as objects. Call only where it finds_objects().
  ObjectStage objects(int significant_bits) const;

 private:
  void check_sections() const;

  Config config_;
  // Shared with what namer() returns, which may outlive this.
  std::shared_ptr<const quant::PackedModel> classifier_, detector_;
  EngineFactory classifier_engine_, detector_engine_;
  std::vector<std::string> classes_;
};

}  // namespace flashcell::host
