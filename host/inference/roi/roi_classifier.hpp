#pragma once
#include <array>
#include <span>
#include <vector>

#include "base/calibration.hpp"
#include "host/inference/input_table.hpp"
#include "host/inference/network_engine.hpp"
#include "host/inference/roi/roi_cropper.hpp"
#include "tracking/recognition.hpp"

namespace flashcell::host {

/// Names objects by a quantized classifier that looks at each one's picture. All objects of a frame go through the
/// network together. Allocates nothing once it has seen the largest object. One thread at a time.
class RoiClassifier {
 public:
  /// Throws Error(Fault::input) for a model that is no classifier of grey or colour pictures.
  RoiClassifier(const quant::PackedModel& model, const CropParameters& parameters, int significant_bits,
                const EngineFactory& make_engine = make_cpu_engine);

  int classes() const { return output_.channels; }

  /// names[i] becomes what the network says of objects[i], calibrated. `frame_number`: in the recording.
  void classify(const FrameView& frame, std::span<const contract::ObjectRecord> objects,
                std::span<tracking::ClassBelief> names, int64_t frame_number = 0);

  /// What the network says of a region as it is, without margin and the like.
  tracking::ClassBelief look(const FrameView& frame, const inference::Region& region);

 private:
  void conclude(const uint8_t* scores, tracking::ClassBelief& name) const;

  RoiCropper cropper_;
  InputTable table_;
  std::unique_ptr<NetworkEngine> engine_;
  contract::TensorDescriptor output_;
  Calibration calibration_;
  /// Of a class whose stored score is so many steps below the best one's: evidence, and what it weighs.
  std::array<float, 256> evidence_, weight_;
  int least_familiar_ = 0;  ///< steps from the best class to the next, below which a picture is strange
  std::vector<uint8_t> inputs_, outputs_;
};

}  // namespace flashcell::host
