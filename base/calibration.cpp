#include "base/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

namespace flashcell {
namespace {

constexpr double kFamiliarShare = 0.95;
constexpr double kOneDeviation = 0.5;                               ///< of a parameter, in log likelihood
constexpr double kLowestTemperature = 1, kHighestTemperature = 64;  ///< a classifier is not made bolder than it is

/// What is worked on: examples, and what each weighs. The weights of an object's examples come to 1.
class Fitter {
 public:
  explicit Fitter(const HeldOutExamples& examples) : examples_(examples), weight_(examples.size()) {
    std::map<int, int> counts;
    for (const int object : examples.objects) ++counts[object];
    for (size_t i = 0; i < weight_.size(); ++i) weight_[i] = 1.0 / counts[examples.objects[i]];
    objects_ = static_cast<double>(counts.size());
  }

  Calibration fit() const {
    Calibration calibration;
    calibration.temperature = static_cast<float>(best_temperature());
    calibration.objects = static_cast<float>(objects_);
    calibration.doubt = static_cast<float>(doubt_at(calibration.temperature));
    calibration.familiar = familiar();
    return calibration;
  }

  /// Fills in what the examples become.
  void judge(const Calibration& calibration, CalibrationFit& fit) const {
    std::vector<float> evidence(examples_.classes);
    for (size_t i = 0; i < weight_.size(); ++i) {
      const auto scores = scores_of(i);
      std::copy(scores.begin(), scores.end(), evidence.begin());
      const float confidence = to_evidence(calibration, evidence);
      fit.reliability.add(confidence, is_right(i), weight_[i]);
    }
    fit.share_right = fit.reliability.share_right();
  }

 private:
  std::span<const float> scores_of(size_t i) const {
    return {examples_.log_likelihoods.data() + i * examples_.classes, examples_.classes};
  }

  bool is_right(size_t i) const {
    const auto scores = scores_of(i);
    return std::max_element(scores.begin(), scores.end()) - scores.begin() == examples_.labels[i];
  }

  /// Of the labels, as bounded evidence has it: what is far out decides nothing.
  double loss(double temperature) const {
    const Calibration trial{static_cast<float>(temperature), static_cast<float>(1 / (objects_ + 2)), 0, 0};
    std::vector<float> evidence(examples_.classes);
    double sum = 0;
    for (size_t i = 0; i < weight_.size(); ++i) {
      const auto scores = scores_of(i);
      std::copy(scores.begin(), scores.end(), evidence.begin());
      const double best = to_evidence(trial, evidence);
      sum -= weight_[i] * (std::log(best) + double{evidence[static_cast<size_t>(examples_.labels[i])]});
    }
    return sum;
  }

  double best_temperature() const {
    constexpr int kSteps = 128;
    const double low = std::log(kLowestTemperature), step = (std::log(kHighestTemperature) - low) / kSteps;
    std::vector<double> losses;
    for (int k = 0; k <= kSteps; ++k) losses.push_back(loss(std::exp(low + step * k)));
    const double most = *std::min_element(losses.begin(), losses.end()) + kOneDeviation;
    int highest = 0;
    for (int k = 0; k <= kSteps; ++k)
      if (losses[static_cast<size_t>(k)] <= most) highest = k;
    return std::exp(low + step * highest);
  }

  /// Of the surest examples, however many: of n objects, r of them right, the next one is with (r + 1) / (n + 2).
  double doubt_at(double temperature) const {
    struct Word {
      double log_confidence;
      bool right;
      double weight;
    };
    std::vector<Word> words;
    for (size_t i = 0; i < weight_.size(); ++i) {
      const auto scores = scores_of(i);
      const double most = *std::max_element(scores.begin(), scores.end());
      double sum = 0;
      for (const float score : scores) sum += std::exp((score - most) / temperature);
      words.push_back({-std::log(sum), is_right(i), weight_[i]});
    }
    std::stable_sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
      return a.log_confidence != b.log_confidence ? a.log_confidence > b.log_confidence : a.right < b.right;
    });
    double right = 0, all = 0, most = 0.5;
    for (const Word& word : words) {
      all += word.weight;
      if (word.right) right += word.weight;
      most = std::max(most, (right + 1) / (all + 2));
    }
    return 1 - most;
  }

  float familiar() const {
    std::vector<size_t> order(weight_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return examples_.strangeness[a] < examples_.strangeness[b]; });
    double below = 0;
    for (const size_t i : order) {
      below += weight_[i];
      if (below >= kFamiliarShare * (objects_ + 1)) return examples_.strangeness[i];
    }
    return examples_.strangeness[order.back()];
  }

  const HeldOutExamples& examples_;
  std::vector<double> weight_;
  double objects_ = 0;
};

}  // namespace

void check(const Calibration& c) {
  if (!(c.temperature > 0) || !std::isfinite(c.temperature)) throw std::invalid_argument("temperature is not above 0");
  if (!(c.doubt > 0 && c.doubt <= 0.5F)) throw std::invalid_argument("doubt is not in 0..0.5");
  if (!(c.objects >= 0) || !std::isfinite(c.objects)) throw std::invalid_argument("objects is below 0");
  if (!std::isfinite(c.familiar)) throw std::invalid_argument("familiar is not finite");
}

float most_evidence(const Calibration& calibration, size_t classes) {
  const auto others = static_cast<float>(std::max<size_t>(classes, 2) - 1);
  // Of two classes, one in doubt of 0.5 would say nothing at all.
  return std::max(std::log((1 - calibration.doubt) * others / calibration.doubt), 1e-3F);
}

float to_evidence(const Calibration& calibration, std::span<float> log_likelihoods) {
  const float best = *std::max_element(log_likelihoods.begin(), log_likelihoods.end());
  const float most = most_evidence(calibration, log_likelihoods.size());
  float sum = 0;
  for (float& word : log_likelihoods) {
    word = std::max((word - best) / calibration.temperature, -most);
    sum += std::exp(word);
  }
  return std::min(1 / sum, 1 - calibration.doubt);
}

double expected_strange_share(const Calibration& calibration) {
  return std::max(1 - kFamiliarShare, 1 / (double{calibration.objects} + 1));
}

float score_strangeness(std::span<const float> scores) {
  float best = std::numeric_limits<float>::lowest(), second = best;
  for (const float score : scores) {
    second = std::max(second, std::min(score, best));
    best = std::max(best, score);
  }
  return scores.size() < 2 ? std::numeric_limits<float>::lowest() : second - best;
}

CalibrationFit fit_calibration(const HeldOutExamples& examples) {
  CalibrationFit fit;
  if (examples.size() == 0 || examples.classes < 2) return fit;
  const Fitter fitter(examples);
  fit.calibration = fitter.fit();
  fitter.judge(fit.calibration, fit);
  return fit;
}

}  // namespace flashcell
