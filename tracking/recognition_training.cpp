#include "tracking/recognition_training.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace flashcell::tracking {
namespace {

constexpr double kRidge = 1e-6;  ///< variance added to each feature, so that constant ones do no harm
constexpr int kTurns = 5;        ///< of the cross-validation

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

RecognitionModel train_whitened(std::vector<std::string> classes, std::span<const Example> examples, double shrinkage) {
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
  // The inverse of a triangle is one.
  const Matrix whitening = within.matrixL().solve(Matrix::Identity(kRecognitionFeatures, kRecognitionFeatures));
  for (Eigen::Index row = 0; row < whitening.rows(); ++row)
    for (Eigen::Index column = 0; column <= row; ++column) model.whitening.push_back(whitening(row, column));
  return model;
}

/// In which turn each example is left out; -1: never.
std::vector<int> turns_of(size_t classes, std::span<const Example> examples) {
  // Objects of each class in order of their first examples.
  std::vector<std::vector<int>> objects(classes);
  std::vector<std::vector<size_t>> of_class(classes);
  for (size_t i = 0; i < examples.size(); ++i) {
    std::vector<int>& its = objects[static_cast<size_t>(examples[i].class_index)];
    if (std::find(its.begin(), its.end(), examples[i].object) == its.end()) its.push_back(examples[i].object);
    of_class[static_cast<size_t>(examples[i].class_index)].push_back(i);
  }
  std::vector<int> turns(examples.size(), -1);
  int next = 0;  // goes on from class to class, so that no turn has more to do than others
  for (size_t c = 0; c < classes; ++c) {
    const std::vector<size_t>& its = of_class[c];
    const bool single = objects[c].size() == 1;
    if (its.size() < 2) continue;
    for (size_t k = 0; k < its.size(); ++k) {
      const auto object = std::find(objects[c].begin(), objects[c].end(), examples[its[k]].object);
      const auto part = single ? (2 * k < its.size() ? 0 : 1) : static_cast<int>(object - objects[c].begin());
      turns[its[k]] = (next + part) % kTurns;
    }
    next += single ? 2 : static_cast<int>(objects[c].size());
  }
  return turns;
}

}  // namespace

RecognitionModel train_recognition(std::vector<std::string> classes, std::span<const Example> examples,
                                   double shrinkage) {
  RecognitionModel model = train_whitened(std::move(classes), examples, shrinkage);
  model.whitening.clear();
  return model;
}

CalibratedRecognition train_calibrated_recognition(const std::vector<std::string>& classes,
                                                   std::span<const Example> examples, double shrinkage) {
  CalibratedRecognition result{train_whitened(classes, examples, shrinkage), {}};
  const std::vector<int> turns = turns_of(classes.size(), examples);
  HeldOutExamples held_out;
  held_out.classes = classes.size();
  std::vector<float> words(classes.size());
  // Objects of different classes are different ones, whatever they are called.
  std::map<std::pair<int, int>, int> objects;
  for (int turn = 0; turn < kTurns; ++turn) {
    std::vector<Example> kept;
    for (size_t i = 0; i < examples.size(); ++i)
      if (turns[i] != turn) kept.push_back(examples[i]);
    if (kept.size() == examples.size()) continue;
    RecognitionModel model = train_whitened(classes, kept, shrinkage);
    model.calibration.objects = 1;  // for the distances
    const Recognizer recognizer(std::move(model));
    for (size_t i = 0; i < examples.size(); ++i) {
      if (turns[i] != turn) continue;
      const float distance = recognizer.log_likelihoods(examples[i].features, words);
      const auto key = std::pair(examples[i].class_index, examples[i].object);
      const int object = objects.emplace(key, static_cast<int>(objects.size())).first->second;
      held_out.add(words, examples[i].class_index, object, distance);
      result.right += std::max_element(words.begin(), words.end()) - words.begin() == examples[i].class_index;
    }
  }
  result.left_out = held_out.size();
  result.fit = fit_calibration(held_out);
  result.model.calibration = result.fit.calibration;
  if (result.left_out == 0) result.model.whitening.clear();
  return result;
}

}  // namespace flashcell::tracking
