#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/calibration.hpp"
#include "tracking/detection.hpp"

namespace flashcell::tracking {

constexpr int kMaxClasses = 80;  ///< that can be told apart
/// HLAC values but the first (it is always 1), hue bins and the achromatic share, log area, log spread, elongation.
constexpr int kRecognitionFeatures = contract::kHlacCount - 1 + contract::kHueBins + 1 + 3;
using RecognitionFeatures = std::array<double, kRecognitionFeatures>;

/// What a detection looks like to the recognizer. Features that were not measured are 0.
RecognitionFeatures recognition_features(const Detection& detection);

/// Numbers of the triangle that whitens features.
constexpr size_t kWhiteningSize = size_t{kRecognitionFeatures} * (kRecognitionFeatures + 1) / 2;

/// A trained linear discriminant: plain numbers, to be written to a file as they are. `dimensions` <= classes - 1.
struct RecognitionModel {
  std::vector<std::string> classes;  ///< names, 2..kMaxClasses
  int dimensions = 0;
  std::vector<double> mean;  ///< kRecognitionFeatures: of all examples
  std::vector<double>
      projection;               ///< dimensions x kRecognitionFeatures: to a space where every class has unit covariance
  std::vector<double> centres;  ///< classes x dimensions
  /// Of which `projection` is a part: the lower triangle, row by row, that gives all features unit covariance within a
  /// class; kWhiteningSize. Empty where calibration.objects is 0.
  std::vector<double> whitening;
  Calibration calibration;  ///< strangeness: Mahalanobis distance to the nearest class, of all features
};

/// What is believed of an object's class: from one sighting, or over its life.
struct ClassBelief {
  /// Evidence for each class, up to a constant: calibrated, and bounded (to_evidence). Over a life a sum of which old
  /// parts have faded.
  std::array<float, kMaxClasses> log_weight{};
  int classes = 0;  ///< in number; 0: nothing is known
  int best = -1;
  float confidence = 0;               ///< 0..1, probability that it is `best`
  float doubt = Calibration().doubt;  ///< whoever named it is never surer than 1 - doubt
  float sightings = 0;                ///< over a life: how many, old ones faded
  bool strange = false;               ///< of one sighting: less like the examples than 95 % of them
};

/// Adds what one sighting says to the belief over the life. Sightings of one object are alike, right or wrong: however
/// many, they are worth a few independent ones (n sightings n / (1 + (n - 1) / few), the design effect of clustered
/// samples: Kish, Survey Sampling, 1965). Old evidence fades. Whatever names objects passes through here.
void fuse_evidence(const ClassBelief& sighting, ClassBelief& life);

/// What was named of the objects that a run followed.
struct NamedSightings {
  uint64_t objects = 0;    ///< tracks
  uint64_t sightings = 0;  ///< alone and whole
  uint64_t strange = 0;    ///< of them
};

/// Names detections. Throws std::invalid_argument when the model's sizes do not fit together or a number is not finite
/// or out of its range.
class Recognizer {
 public:
  explicit Recognizer(RecognitionModel model);

  const RecognitionModel& model() const { return model_; }

  /// Half the squared Mahalanobis distance to each class with its sign turned: log likelihoods up to a constant. `out`
  /// has one value a class. Returns the distance to the nearest one, of all features, beside those that tell classes
  /// apart. Allocates nothing.
  float log_likelihoods(const RecognitionFeatures& features, std::span<float> out) const;

  /// What one detection says.
  ClassBelief classify(const Detection& detection) const;

 private:
  struct Place {
    std::array<double, kMaxClasses> at;  ///< along the directions that tell classes apart
    double beside = 0;                   ///< squared distance from the space that these span
  };
  Place place_of(const RecognitionFeatures& features) const;

  RecognitionModel model_;
};

}  // namespace flashcell::tracking
