#include "tracking/recognition.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace flashcell::tracking {
namespace {

constexpr double kForgetting = 0.95;  ///< of the fused evidence, a sighting
constexpr double kFrameWeight =
    0.5;  ///< of one sighting's evidence: frames next to each other are alike, not independent
constexpr double kMostEvidence = 4;  ///< of one sighting against a class
constexpr double kRidge = 1e-6;      ///< variance added to each feature, so that constant ones do no harm

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Vector> as_vector(const RecognitionFeatures& features) {
  return Eigen::Map<const Vector>(features.data(), kRecognitionFeatures);
}

void check_examples(size_t classes, std::span<const Example> examples, double shrinkage) {
  if (classes < 2 || classes > kMaxClasses) {
    throw std::invalid_argument("recognition needs 2 to " + std::to_string(kMaxClasses) + " classes");
  }
  if (!(shrinkage >= 0 && shrinkage <= 1)) throw std::invalid_argument("recognition: shrinkage must be 0..1");
  std::vector<char> seen(classes, 0);
  for (const Example& example : examples) {
    if (example.class_index < 0 || static_cast<size_t>(example.class_index) >= classes) {
      throw std::invalid_argument("recognition: an example's class does not exist");
    }
    if (!as_vector(example.features).allFinite()) {
      throw std::invalid_argument("recognition: an example's feature is not finite");
    }
    seen[example.class_index] = 1;
  }
  if (std::find(seen.begin(), seen.end(), 0) != seen.end()) {
    throw std::invalid_argument("recognition: every class needs an example");
  }
}

Matrix class_means(size_t classes, std::span<const Example> examples) {
  Matrix means = Matrix::Zero(kRecognitionFeatures, static_cast<Eigen::Index>(classes));
  Vector counts = Vector::Zero(static_cast<Eigen::Index>(classes));
  for (const Example& example : examples) {
    means.col(example.class_index) += as_vector(example.features);
    counts[example.class_index] += 1;
  }
  for (Eigen::Index c = 0; c < means.cols(); ++c) means.col(c) /= counts[c];
  return means;
}

Matrix within_covariance(const Matrix& means, std::span<const Example> examples, double shrinkage) {
  Matrix within = Matrix::Zero(kRecognitionFeatures, kRecognitionFeatures);
  for (const Example& example : examples) {
    const Vector off = as_vector(example.features) - means.col(example.class_index);
    within += off * off.transpose();
  }
  within /= std::max(1.0, static_cast<double>(examples.size()) - static_cast<double>(means.cols()));
  const Vector diagonal = within.diagonal();
  within *= 1 - shrinkage;
  within.diagonal() = diagonal.array() + kRidge;
  return within;
}

/// Log weights to `best` and `confidence`.
void conclude(ClassBelief& belief) {
  const auto end = belief.log_weight.begin() + belief.classes;
  const auto best = std::max_element(belief.log_weight.begin(), end);
  double sum = 0;
  for (auto weight = belief.log_weight.begin(); weight != end; ++weight) sum += std::exp(double{*weight} - *best);
  belief.best = static_cast<int>(best - belief.log_weight.begin());
  belief.confidence = static_cast<float>(1 / sum);
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

RecognitionModel train_recognition(std::vector<std::string> classes, std::span<const Example> examples,
                                   double shrinkage) {
  check_examples(classes.size(), examples, shrinkage);
  const Matrix means = class_means(classes.size(), examples);
  const Vector mean = means.rowwise().mean();
  const Matrix offsets = means.colwise() - mean;
  const Eigen::LLT<Matrix> within(within_covariance(means, examples, shrinkage));
  // In whitened space the between-class directions are the leading left singular vectors of the whitened class means.
  const Matrix whitened = within.matrixL().solve(offsets);
  const Eigen::JacobiSVD<Matrix> svd(whitened, Eigen::ComputeThinU);
  const Eigen::Index dimensions = means.cols() - 1;
  const RowMajor directions = within.matrixL().transpose().solve(svd.matrixU().leftCols(dimensions)).transpose();

  RecognitionModel model;
  model.classes = std::move(classes);
  model.dimensions = static_cast<int>(dimensions);
  model.mean.assign(mean.data(), mean.data() + mean.size());
  model.projection.assign(directions.data(), directions.data() + directions.size());
  const Matrix centres = directions * offsets;  // column-major: one class after the other
  model.centres.assign(centres.data(), centres.data() + centres.size());
  return model;
}

Recognizer::Recognizer(RecognitionModel model) : model_(std::move(model)) {
  const size_t classes = model_.classes.size(), dimensions = static_cast<size_t>(model_.dimensions);
  if (classes < 2 || classes > kMaxClasses || model_.dimensions < 1 || dimensions >= classes ||
      model_.mean.size() != kRecognitionFeatures || model_.projection.size() != dimensions * kRecognitionFeatures ||
      model_.centres.size() != classes * dimensions) {
    throw std::invalid_argument("recognition model: its sizes do not fit together");
  }
  for (const std::vector<double>* numbers : {&model_.mean, &model_.projection, &model_.centres}) {
    for (double number : *numbers) {
      if (!std::isfinite(number)) throw std::invalid_argument("recognition model: a number is not finite");
    }
  }
}

void Recognizer::log_likelihoods(const Detection& detection, std::span<double> out) const {
  const RecognitionFeatures features = recognition_features(detection);
  const size_t dimensions = static_cast<size_t>(model_.dimensions);
  std::array<double, kMaxClasses> place{};
  for (size_t d = 0; d < dimensions; ++d) {
    const double* row = &model_.projection[d * kRecognitionFeatures];
    for (size_t i = 0; i < features.size(); ++i) place[d] += row[i] * (features[i] - model_.mean[i]);
  }
  for (size_t c = 0; c < model_.classes.size(); ++c) {
    double squares = 0;
    for (size_t d = 0; d < dimensions; ++d) {
      const double off = place[d] - model_.centres[c * dimensions + d];
      squares += off * off;
    }
    out[c] = -squares / 2;
  }
}

ClassBelief Recognizer::classify(const Detection& detection) const {
  std::array<double, kMaxClasses> likelihoods{};
  log_likelihoods(detection, likelihoods);
  ClassBelief belief;
  belief.classes = static_cast<int>(model_.classes.size());
  for (size_t c = 0; c < model_.classes.size(); ++c) belief.log_weight[c] = static_cast<float>(likelihoods[c]);
  conclude(belief);
  return belief;
}

void Recognizer::fuse(const Detection& detection, ClassBelief& belief) const {
  std::array<double, kMaxClasses> likelihoods{};
  log_likelihoods(detection, likelihoods);
  const size_t classes = model_.classes.size();
  std::array<float, kMaxClasses> evidence{};
  const double most = *std::max_element(likelihoods.begin(), likelihoods.begin() + static_cast<ptrdiff_t>(classes));
  for (size_t c = 0; c < classes; ++c) evidence[c] = static_cast<float>(likelihoods[c] - most);
  fuse_evidence({evidence.data(), classes}, belief);
}

void fuse_evidence(std::span<const float> log_likelihoods, ClassBelief& belief) {
  if (log_likelihoods.empty()) return;
  belief.classes = static_cast<int>(log_likelihoods.size());
  const double most = *std::max_element(log_likelihoods.begin(), log_likelihoods.end());
  for (size_t c = 0; c < log_likelihoods.size(); ++c) {
    const double evidence = std::max(log_likelihoods[c] - most, -kMostEvidence);
    belief.log_weight[c] = static_cast<float>(kForgetting * belief.log_weight[c] + kFrameWeight * evidence);
  }
  conclude(belief);
}

}  // namespace flashcell::tracking
