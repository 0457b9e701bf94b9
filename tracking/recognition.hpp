#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

constexpr int kMaxClasses = 80;  ///< that can be told apart
/// HLAC values but the first (it is always 1), hue bins and the achromatic share, log area, log spread, elongation.
constexpr int kRecognitionFeatures = contract::kHlacCount - 1 + contract::kHueBins + 1 + 3;
using RecognitionFeatures = std::array<double, kRecognitionFeatures>;

/// What a detection looks like to the recognizer. Features that were not measured are 0.
RecognitionFeatures recognition_features(const Detection& detection);

/// A trained linear discriminant: plain numbers, to be written to a file as they are. `dimensions` <= classes - 1.
struct RecognitionModel {
  std::vector<std::string> classes;  ///< names, 1..kMaxClasses
  int dimensions = 0;
  std::vector<double> mean;  ///< kRecognitionFeatures: of all examples
  std::vector<double>
      projection;               ///< dimensions x kRecognitionFeatures: to a space where every class has unit covariance
  std::vector<double> centres;  ///< classes x dimensions
};

/// Example of a class by its index.
struct Example {
  RecognitionFeatures features;
  int class_index = 0;
};

/// Linear discriminant analysis (Fisher 1936; HLAC features with it: Otsu, Kurita 1988) with the within-class
/// covariance shrunk towards its diagonal, so that a few examples a class are enough. `shrinkage` 0..1. Throws
/// std::invalid_argument: fewer than 2 or more than kMaxClasses classes, a class without an example, a class index out
/// of range, a feature not finite.
RecognitionModel train_recognition(std::vector<std::string> classes, std::span<const Example> examples,
                                   double shrinkage = 0.3);

/// What is believed of an object's class: from one sighting, or over its life.
struct ClassBelief {
  std::array<float, kMaxClasses> log_weight{};  ///< of each class, up to a constant
  int classes = 0;                              ///< in number; 0: nothing is known
  int best = -1;
  float confidence = 0;  ///< 0..1, posterior of `best`
};

/// Adds what one sighting says (log likelihoods up to a constant, one a class) to the belief over the life: old
/// evidence fades, one frame's is bounded. Whatever names objects passes through here.
void fuse_evidence(std::span<const float> log_likelihoods, ClassBelief& belief);

/// Names detections. Throws std::invalid_argument when the model's sizes do not fit together or a number is not finite.
class Recognizer {
 public:
  explicit Recognizer(RecognitionModel model);

  const RecognitionModel& model() const { return model_; }

  /// Half the squared Mahalanobis distance to each class with its sign turned: log likelihoods up to a constant. `out`
  /// has one value a class. Allocates nothing.
  void log_likelihoods(const Detection& detection, std::span<double> out) const;

  /// Most likely class and its posterior from one detection.
  ClassBelief classify(const Detection& detection) const;

  /// Adds a detection's evidence to `belief`; old evidence fades, one frame's is bounded.
  void fuse(const Detection& detection, ClassBelief& belief) const;

 private:
  RecognitionModel model_;
};

}  // namespace flashcell::tracking
