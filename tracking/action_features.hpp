#pragma once
#include <cstddef>
#include <span>

#include "tracking/action_steps.hpp"

namespace flashcell::tracking {

/// What a recording tells of its objects beside motion and shape.
struct ActionInputs {
  bool hlac = false;
  bool events = false;
  friend bool operator==(const ActionInputs&, const ActionInputs&) = default;
};

constexpr size_t kMotionFeatures = 17, kEventFeatures = 3;
constexpr size_t kMostActionFeatures = kMotionFeatures + contract::kHlacCount - 1 + kEventFeatures;

/// Numbers a step: motion and shape, then HLAC, then events.
constexpr size_t action_feature_count(const ActionInputs& inputs) {
  return kMotionFeatures + (inputs.hlac ? contract::kHlacCount - 1 : 0) + (inputs.events ? kEventFeatures : 0);
}

/// From a track's steps to numbers that another camera sees alike: lengths by the object's size (the square root of its
/// mean area so far), times by the step, directions by the object's own way and axis. Texture and size by how they
/// differ from what they were in the last kMemory steps.
class ActionFeatures {
 public:
  static constexpr double kMemory = 64;

  /// To a track's beginning.
  void reset() { steps_ = 0; }

  /// `means` of the next step; `out` has action_feature_count() numbers.
  void next(const ActionSignals& means, const ActionInputs& inputs, double step_s, std::span<float> out);

 private:
  void remember(const ActionSignals& means);

  ActionSignals before_{}, usual_{};  // the step before; running means
  double velocity_x_ = 0, velocity_y_ = 0, event_rate_ = 0;
  double steps_ = 0;
};

}  // namespace flashcell::tracking
