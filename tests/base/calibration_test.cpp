#include "base/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace flashcell {
namespace {

/// A classifier that means what it says, but says it `loud` times as loudly: of three classes, drawn by what it means.
HeldOutExamples loud_classifier(int objects, float loud, uint32_t seed) {
  std::mt19937 random(seed);
  HeldOutExamples examples;
  examples.classes = 3;
  for (int i = 0; i < objects; ++i) {
    std::vector<float> scores;
    std::vector<double> weights;
    for (size_t c = 0; c < examples.classes; ++c) {
      const double score = 4.0 * static_cast<double>(random()) / 4294967296.0;
      scores.push_back(loud * static_cast<float>(score));
      weights.push_back(std::exp(score));
    }
    double place = (weights[0] + weights[1] + weights[2]) * static_cast<double>(random()) / 4294967296.0;
    int label = 0;
    while (label < 2 && place >= weights[static_cast<size_t>(label)]) place -= weights[static_cast<size_t>(label++)];
    examples.add(scores, label, i, static_cast<float>(i));
  }
  return examples;
}

/// `wrong` of so many objects are wrong, all of them as sure as can be.
HeldOutExamples sure_classifier(int objects, int wrong, int copies = 1) {
  HeldOutExamples examples;
  examples.classes = 2;
  const float scores[] = {0, -50};
  for (int i = 0; i < objects; ++i)
    for (int k = 0; k < copies; ++k) examples.add(scores, i < wrong ? 1 : 0, i, static_cast<float>(i));
  return examples;
}

TEST(Calibration, FindsHowLoudlyAClassifierSpeaks) {
  for (const float loud : {1.0F, 3.0F, 10.0F}) {
    const CalibrationFit fit = fit_calibration(loud_classifier(4000, loud, 7));
    EXPECT_NEAR(fit.calibration.temperature / loud, 1, 0.1) << loud;
    EXPECT_LT(fit.reliability.error(), 0.03) << loud;
    EXPECT_EQ(fit.calibration.objects, 4000);
    // Others of its kind, without any more fitting.
    const HeldOutExamples others = loud_classifier(4000, loud, 8);
    Reliability reliability;
    for (size_t i = 0; i < others.size(); ++i) {
      std::vector<float> scores(others.log_likelihoods.begin() + static_cast<ptrdiff_t>(3 * i),
                                others.log_likelihoods.begin() + static_cast<ptrdiff_t>(3 * i + 3));
      const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
      reliability.add(to_evidence(fit.calibration, scores), best == others.labels[i]);
    }
    EXPECT_LT(reliability.error(), 0.03) << loud;
  }
}

TEST(Calibration, NothingIsSurerThanTheExamplesProve) {
  for (const int objects : {1, 5, 40, 1000}) {
    const Calibration c = fit_calibration(sure_classifier(objects, 0)).calibration;
    EXPECT_NEAR(c.doubt, 1.0 / (objects + 2), 1e-6) << objects;
    float scores[] = {1000, 0, -1000};
    EXPECT_NEAR(to_evidence(c, scores), 1 - c.doubt, 1e-5);
    EXPECT_EQ(scores[0], 0);
    EXPECT_FLOAT_EQ(scores[1], -most_evidence(c, 3));
    EXPECT_FLOAT_EQ(scores[2], -most_evidence(c, 3));
  }
  // What was sure and wrong is seen.
  EXPECT_NEAR(fit_calibration(sure_classifier(100, 10)).calibration.doubt, 1 - 91.0 / 102, 1e-6);
  float single[] = {3};
  EXPECT_FLOAT_EQ(to_evidence({}, single), 1 - Calibration().doubt) << "of the only class, too";
}

TEST(Calibration, ManyPicturesOfAnObjectAreOneExperience) {
  const Calibration once = fit_calibration(sure_classifier(20, 2)).calibration,
                    often = fit_calibration(sure_classifier(20, 2, 50)).calibration;
  EXPECT_NEAR(once.temperature, often.temperature, 1e-4 * once.temperature);
  EXPECT_NEAR(once.doubt, often.doubt, 1e-6);
  EXPECT_EQ(often.objects, 20);
  EXPECT_EQ(once.familiar, often.familiar);
}

TEST(Calibration, TheFamiliarIsAQuantileThatFewExamplesPutFurtherOut) {
  EXPECT_EQ(fit_calibration(sure_classifier(100, 0)).calibration.familiar, 95) << "the 96th";
  EXPECT_EQ(fit_calibration(sure_classifier(10, 0)).calibration.familiar, 9) << "the last";
  EXPECT_NEAR(expected_strange_share({1, 0.1F, 1000, 0}), 0.05, 1e-9);
  EXPECT_NEAR(expected_strange_share({1, 0.1F, 9, 0}), 0.1, 1e-9);
  const float scores[] = {1, 5, -2, 4.5F}, alone[] = {3};
  EXPECT_FLOAT_EQ(score_strangeness(scores), -0.5F);
  EXPECT_LT(score_strangeness(alone), -1e30F);
}

TEST(Calibration, WithoutExamplesItStaysAGuess) {
  EXPECT_EQ(fit_calibration({}).calibration, Calibration());
  EXPECT_NO_THROW(check(Calibration()));
  EXPECT_THROW(check({0, 0.1F, 0, 0}), std::invalid_argument);
  EXPECT_THROW(check({1, 0, 0, 0}), std::invalid_argument);
  EXPECT_THROW(check({1, 0.6F, 0, 0}), std::invalid_argument);
  EXPECT_THROW(check({1, 0.1F, -1, 0}), std::invalid_argument);
  EXPECT_THROW(check({1, 0.1F, 0, NAN}), std::invalid_argument);
}

TEST(Reliability, CountsHowFarConfidenceIsOff) {
  Reliability r;
  for (int i = 0; i < 10; ++i) r.add(0.75, i < 6);
  for (int i = 0; i < 30; ++i) r.add(1, i < 29);
  EXPECT_NEAR(r.weight(), 40, 1e-12);
  EXPECT_NEAR(r.share_right(), 35.0 / 40, 1e-12);
  EXPECT_NEAR(r.error(), (10 * 0.15 + 30 * (1.0 / 30)) / 40, 1e-12);
  EXPECT_EQ(r.most_wrong(), 1);
  EXPECT_EQ(r.bins()[9].weight, 30);
  Reliability twice = r;
  twice.add(r);
  EXPECT_NEAR(twice.error(), r.error(), 1e-12);
  EXPECT_NE(r.diagram("a < b").find("a &lt; b"), std::string::npos);
  EXPECT_EQ(Reliability().error(), 0);
}

}  // namespace
}  // namespace flashcell
