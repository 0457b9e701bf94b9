#pragma once
#include <span>
#include <vector>

#include "base/reliability.hpp"

namespace flashcell {

/// What a classifier's word is worth, as examples told that it had not learned from. Without such examples: a guess on
/// the cautious side.
struct Calibration {
  float temperature = 2;  ///< above 0: what its log likelihoods are divided by (Guo et al., ICML 2017)
  float doubt =
      0.05F;          ///< 0..0.5: chance of an error that stays however sure it seems; no confidence is above 1 - doubt
  float objects = 0;  ///< independent objects among the examples; 0: there were none, `familiar` means nothing
  float familiar = 0;  ///< strangeness that 95 % of the examples do not exceed
  bool operator==(const Calibration&) const = default;
};

/// Throws std::invalid_argument where a number is out of its range.
void check(const Calibration& calibration);

/// How much evidence one sighting can give against a class, of so many: with all others at it, the best class's
/// probability is 1 - doubt. Above 0.
float most_evidence(const Calibration& calibration, size_t classes);

/// Log likelihoods up to a constant, one a class, to evidence: that of the best class 0, of the others below.
/// Returns the best class's probability.
float to_evidence(const Calibration& calibration, std::span<float> log_likelihoods);

/// Share of what is like the examples that is stranger than `familiar`: 5 %, more where there were few objects.
double expected_strange_share(const Calibration& calibration);

/// What a classifier said of examples that it had not learned from, one after the other.
struct HeldOutExamples {
  size_t classes = 0;
  std::vector<float> log_likelihoods;  ///< up to a constant; `classes` of each example
  std::vector<int> labels;
  std::vector<int> objects;        ///< which object each shows: those of one object are one experience, not several
  std::vector<float> strangeness;  ///< how unlike what was learned: the larger, the more
  size_t size() const { return labels.size(); }
  void add(std::span<const float> scores, int label, int object, float strange) {
    log_likelihoods.insert(log_likelihoods.end(), scores.begin(), scores.end());
    labels.push_back(label);
    objects.push_back(object);
    strangeness.push_back(strange);
  }
};

/// Strangeness as far as scores alone tell: the second best less the best one. Of fewer than two: below all others.
float score_strangeness(std::span<const float> scores);

struct CalibrationFit {
  Calibration calibration;
  double share_right = 0;   ///< every object counts alike
  Reliability reliability;  ///< of the calibrated confidences on the same examples
};

/// The temperature by the likelihood of the labels under bounded evidence: the highest that is within one standard
/// deviation of the best, so that few examples, or such as are all right, do not make it bold. `doubt` by the rule of
/// succession, of the confidences from which on most were right; `familiar` as a conformal quantile. Without examples,
/// or of one class: Calibration(). Deterministic.
CalibrationFit fit_calibration(const HeldOutExamples& examples);

}  // namespace flashcell
