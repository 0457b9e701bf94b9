#include "tracking/recognition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace flashcell::tracking {
namespace {

constexpr double kForgetting = 0.95;  ///< of the fused evidence, a sighting
/// How many independent sightings the sightings of one object are worth at most: what misleads in one frame misleads in
/// the next. docs/recognition.md says how it was chosen.
constexpr double kIndependentSightings = 2;

void check_finite(const std::vector<double>& numbers) {
  for (const double number : numbers)
    if (!std::isfinite(number)) throw std::invalid_argument("recognition model: a number is not finite");
}

/// `best` and `confidence` of a belief over a life.
void conclude(ClassBelief& belief) {
  const auto end = belief.log_weight.begin() + belief.classes;
  const auto best = std::max_element(belief.log_weight.begin(), end);
  const double seen = belief.sightings;
  const double independent = seen / (1 + (seen - 1) / kIndependentSightings);
  double sum = 0;
  for (auto weight = belief.log_weight.begin(); weight != end; ++weight)
    sum += std::exp((double{*weight} - *best) * independent / seen);
  belief.best = static_cast<int>(best - belief.log_weight.begin());
  belief.confidence = std::min(static_cast<float>(1 / sum), 1 - belief.doubt);
}

}  // namespace

RecognitionFeatures recognition_features(const Detection& detection) {
  RecognitionFeatures features{};
  size_t next = 0;
  for (size_t i = 1; i < detection.hlac.size(); ++i) features[next++] = detection.has_hlac ? detection.hlac[i] : 0.0;
  for (float share : detection.hue) features[next++] = detection.has_hue ? share * detection.chromatic_fraction : 0.0;
  features[next++] = detection.has_hue ? 1 - detection.chromatic_fraction : 0.0;
  if (detection.has_shape) {
    const double spread = detection.cov_xx + detection.cov_yy + 1.0 / 6;
    features[next++] = std::log(detection.area);
    features[next++] = std::log(spread / detection.area);
    features[next++] = std::hypot(detection.cov_xx - detection.cov_yy, 2 * detection.cov_xy) / spread;
  }
  return features;
}

Recognizer::Recognizer(RecognitionModel model) : model_(std::move(model)) {
  const size_t classes = model_.classes.size(), dimensions = static_cast<size_t>(model_.dimensions);
  const bool measured = model_.calibration.objects > 0;
  if (classes < 2 || classes > kMaxClasses || model_.dimensions < 1 || dimensions >= classes ||
      model_.mean.size() != kRecognitionFeatures || model_.projection.size() != dimensions * kRecognitionFeatures ||
      model_.centres.size() != classes * dimensions || model_.whitening.size() != (measured ? kWhiteningSize : 0)) {
    throw std::invalid_argument("recognition model: its sizes do not fit together");
  }
  for (const auto* numbers : {&model_.mean, &model_.projection, &model_.centres, &model_.whitening})
    check_finite(*numbers);
  check(model_.calibration);
}

Recognizer::Place Recognizer::place_of(const RecognitionFeatures& features) const {
  const size_t dimensions = static_cast<size_t>(model_.dimensions);
  RecognitionFeatures off;
  for (size_t i = 0; i < off.size(); ++i) off[i] = features[i] - model_.mean[i];
  Place place{};
  for (size_t d = 0; d < dimensions; ++d) {
    const double* row = &model_.projection[d * kRecognitionFeatures];
    for (size_t i = 0; i < off.size(); ++i) place.at[d] += row[i] * off[i];
    place.beside -= place.at[d] * place.at[d];
  }
  if (model_.whitening.empty()) return place;
  const double* next = model_.whitening.data();
  for (size_t row = 0; row < off.size(); ++row) {
    double sum = 0;
    for (size_t i = 0; i <= row; ++i) sum += *next++ * off[i];
    place.beside += sum * sum;
  }
  return place;
}

float Recognizer::log_likelihoods(const RecognitionFeatures& features, std::span<float> out) const {
  const Place place = place_of(features);
  const size_t dimensions = static_cast<size_t>(model_.dimensions);
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < model_.classes.size(); ++c) {
    double squares = 0;
    for (size_t d = 0; d < dimensions; ++d) {
      const double off = place.at[d] - model_.centres[c * dimensions + d];
      squares += off * off;
    }
    out[c] = static_cast<float>(-squares / 2);
    nearest = std::min(nearest, squares);
  }
  return static_cast<float>(std::sqrt(std::max(place.beside + nearest, 0.0)));
}

ClassBelief Recognizer::classify(const Detection& detection) const {
  ClassBelief belief;
  belief.classes = static_cast<int>(model_.classes.size());
  const std::span<float> words(belief.log_weight.data(), model_.classes.size());
  const float distance = log_likelihoods(recognition_features(detection), words);
  belief.best = static_cast<int>(std::max_element(words.begin(), words.end()) - words.begin());
  belief.confidence = to_evidence(model_.calibration, words);
  belief.doubt = model_.calibration.doubt;
  belief.strange = model_.calibration.objects > 0 && distance > model_.calibration.familiar;
  return belief;
}

void fuse_evidence(const ClassBelief& sighting, ClassBelief& life) {
  if (sighting.classes == 0) return;
  life.classes = sighting.classes;
  life.doubt = sighting.doubt;
  const auto end = sighting.log_weight.begin() + sighting.classes;
  const float most = *std::max_element(sighting.log_weight.begin(), end);
  for (size_t c = 0; c < static_cast<size_t>(sighting.classes); ++c)
    life.log_weight[c] = static_cast<float>(kForgetting * life.log_weight[c] + (sighting.log_weight[c] - most));
  life.sightings = static_cast<float>(kForgetting * life.sightings + 1);
  conclude(life);
}

}  // namespace flashcell::tracking
