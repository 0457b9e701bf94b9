#pragma once
#include <span>
#include <string>
#include <vector>

#include "tracking/recognition.hpp"

namespace flashcell::tracking {

/// Example of a class by its index.
struct Example {
  RecognitionFeatures features;
  int class_index = 0;
  int object = 0;  ///< which one it shows: examples of one object are left out of a training together
};

/// Linear discriminant analysis (Fisher 1936; HLAC features with it: Otsu, Kurita 1988) with the within-class
/// covariance shrunk towards its diagonal, so that a few examples a class are enough. `shrinkage` 0..1. Not calibrated.
/// Throws std::invalid_argument: fewer than 2 or more than kMaxClasses classes, a class without an example, a class
/// index out of range, a feature not finite.
RecognitionModel train_recognition(std::vector<std::string> classes, std::span<const Example> examples,
                                   double shrinkage = 0.3);

/// A model, and what it is worth.
struct CalibratedRecognition {
  RecognitionModel model;  ///< of all examples
  CalibrationFit fit;      ///< of those left out of the training in turn
  size_t left_out = 0;     ///< examples that could be
  size_t right = 0;        ///< of them
};

/// Trains, and calibrates by cross-validation: in five turns objects are left out, as whole objects; of a class with
/// only one object one half of its examples, then the other. A class's only example is always learned from. Throws as
/// train_recognition().
CalibratedRecognition train_calibrated_recognition(const std::vector<std::string>& classes,
                                                   std::span<const Example> examples, double shrinkage = 0.3);

}  // namespace flashcell::tracking
