#include "tracking/recognition_training.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/tracking/follow.hpp"

namespace flashcell::test {
namespace {

using tracking::Detection;
using tracking::Example;

class NoiseRandom {
 public:
  double next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53 - 0.5;
  }

 private:
  uint64_t state_ = 3;
};

/// Kinds differ in hue (0 and 1) or only in texture (1 and 2); all vary.
Detection make_kind(int kind, NoiseRandom& random, double x = 50) {
  Detection d;
  d.x = x;
  d.y = 50;
  d.box = {x - 6, 44, 12, 12};
  d.area = 110 + 20 * random.next();
  d.cov_xx = 9 + random.next();
  d.cov_yy = 9 + random.next();
  d.has_shape = d.has_hlac = d.has_hue = true;
  for (size_t i = 0; i < d.hlac.size(); ++i) {
    d.hlac[i] = static_cast<float>(0.7 + 0.06 * random.next() + (kind == 2 && i % 3 == 1 ? 0.08 : 0));
  }
  const int bin = kind == 0 ? 3 : 10;
  d.hue[bin] = static_cast<float>(0.8 + 0.2 * random.next());
  d.hue[bin + 1] = 1 - d.hue[bin];
  d.chromatic_fraction = static_cast<float>(0.8 + 0.2 * random.next());
  return d;
}

tracking::Recognizer trained(int examples_each) {
  NoiseRandom random;
  std::vector<Example> examples;
  for (int i = 0; i < examples_each; ++i) {
    for (int kind = 0; kind < 3; ++kind) examples.push_back({recognition_features(make_kind(kind, random)), kind});
  }
  return tracking::Recognizer(tracking::train_recognition({"red", "blue", "blue-rough"}, examples));
}

TEST(Recognition, NamesNewObjectsFromAFewExamples) {
  const tracking::Recognizer recognizer = trained(6);
  EXPECT_EQ(recognizer.model().dimensions, 2);
  NoiseRandom random;
  for (int skip = 0; skip < 5000; ++skip) random.next();  // away from the examples
  int right = 0;
  constexpr int kTrials = 600;
  for (int i = 0; i < kTrials; ++i) {
    const tracking::ClassBelief belief = recognizer.classify(make_kind(i % 3, random));
    right += belief.best == i % 3;
    EXPECT_GE(belief.confidence, 1.0f / 3);
    EXPECT_LE(belief.confidence, 1.0f);
  }
  EXPECT_GE(right, kTrials * 95 / 100);
}

TEST(Recognition, DistancesAreMahalanobis) {
  // Two classes, one feature that varies by 1 within: the centres' distance in projected space is in those units.
  std::vector<Example> examples;
  for (int kind = 0; kind < 2; ++kind) {
    for (double off : {-1.0, 1.0}) {
      Example example;
      example.features.fill(0);
      example.features[0] = 10 * kind + off;
      example.class_index = kind;
      examples.push_back(example);
    }
  }
  // Pooled variance: 4 squares of 1 over 4 examples less 2 classes.
  const tracking::RecognitionModel model = tracking::train_recognition({"a", "b"}, examples, 0);
  ASSERT_EQ(model.centres.size(), 2u);
  EXPECT_NEAR(std::abs(model.centres[0] - model.centres[1]), 10 / std::sqrt(2.0), 1e-4);
}

TEST(Recognition, RejectsWhatCannotBeLearned) {
  NoiseRandom random;
  const Example a{recognition_features(make_kind(0, random)), 0}, b{recognition_features(make_kind(1, random)), 1};
  EXPECT_THROW(tracking::train_recognition({"one"}, std::vector{a}), std::invalid_argument);
  EXPECT_THROW(tracking::train_recognition({"a", "b"}, std::vector{a}), std::invalid_argument);
  EXPECT_THROW(tracking::train_recognition({"a", "b"}, std::vector{a, Example{b.features, 2}}), std::invalid_argument);
  Example broken = b;
  broken.features[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(tracking::train_recognition({"a", "b"}, std::vector{a, broken}), std::invalid_argument);
  EXPECT_THROW(tracking::train_recognition({"a", "b"}, std::vector{a, b}, 1.5), std::invalid_argument);
  tracking::RecognitionModel model = tracking::train_recognition({"a", "b"}, std::vector{a, b});
  model.centres.pop_back();
  EXPECT_THROW(tracking::Recognizer{model}, std::invalid_argument);
}

TEST(Recognition, TracksCarryTheirClassThroughDoubtfulFrames) {
  const tracking::Recognizer recognizer = trained(6);
  NoiseRandom random;
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    // Now and then the object looks like another kind.
    sights.push_back({frame, {make_kind(frame % 10 == 0 ? 1 : 2, random, 50), make_kind(0, random, 150)}});
  }
  const auto rows = follow({}, 1000, sights, &recognizer);
  for (const tracking::TrackRow& row : rows) {
    if (row.frame < 10) continue;
    EXPECT_EQ(row.class_id, row.x < 100 ? 2 : 0) << row.frame;
    EXPECT_GT(row.class_confidence, 0.5f);
  }
  for (const tracking::TrackRow& row : follow({}, 1000, sights)) EXPECT_EQ(row.class_id, -1);
}

/// A classifier's word: `best` of three classes, with so much more weight than the others.
tracking::ClassBelief word(int best, float lead) {
  tracking::ClassBelief name;
  name.classes = 3;
  for (int c = 0; c < 3; ++c) name.log_weight[static_cast<size_t>(c)] = c == best ? 0 : -lead;
  name.best = best;
  return name;
}

TEST(Recognition, NamesFromAClassifierAreFusedLikeARecognizersEvidence) {
  tracking::Tracker tracker({}, 1000);
  NoiseRandom random;
  for (int frame = 1; frame <= 60; ++frame) {
    const std::vector<Detection> detections = {make_kind(0, random, 50), make_kind(0, random, 150),
                                               make_kind(0, random, 250)};
    // The first is doubted now and then, the second seldom named, the third never.
    const std::vector<tracking::ClassBelief> names = {
        word(frame % 10 == 0 ? 1 : 2, 3), frame % 7 == 0 ? word(1, 2) : tracking::ClassBelief{}, {}};
    for (const tracking::TrackRow& row : tracker.update(frame, frame / 1000.0, detections, names)) {
      if (frame < 15) continue;
      EXPECT_EQ(row.class_id, row.x < 100 ? 2 : row.x < 200 ? 1 : -1) << frame;
      EXPECT_EQ(row.class_confidence > 0.5F, row.x < 200);
    }
  }
  const std::vector<Detection> one = {make_kind(0, random, 50)};
  const std::vector<tracking::ClassBelief> two(2);
  EXPECT_THROW(tracker.update(100, 0.1, one, two), std::invalid_argument);
}

TEST(Recognition, SightingsOfOneObjectAreWorthAFewAndOldEvidenceFades) {
  tracking::ClassBelief life;
  tracking::fuse_evidence({}, life);
  EXPECT_EQ(life.best, -1);
  const auto sure = [](double independent) { return static_cast<float>(1 / (1 + 2 * std::exp(-independent))); };
  float last = 0;
  for (int i = 0; i < 200; ++i) {
    tracking::fuse_evidence(word(0, 1), life);
    EXPECT_EQ(life.best, 0);
    EXPECT_GE(life.confidence, last - 1e-6F) << i;
    if (i == 0) {
      EXPECT_NEAR(life.confidence, sure(1), 1e-5);
    }
    last = life.confidence;
  }
  EXPECT_GT(life.confidence, sure(1.2)) << "more than one sighting";
  EXPECT_LT(life.confidence, sure(5)) << "but not two hundred";
  int turns = 0;
  while (life.best == 0 && turns < 200) {
    tracking::fuse_evidence(word(1, 1), life);
    ++turns;
  }
  EXPECT_GT(turns, 3);
  EXPECT_LT(turns, 30) << "a name that was wrong for long can still be corrected";
  tracking::ClassBelief doubtful = word(2, 50);
  doubtful.doubt = 0.1F;
  for (int i = 0; i < 200; ++i) tracking::fuse_evidence(doubtful, life);
  EXPECT_EQ(life.best, 2);
  EXPECT_FLOAT_EQ(life.confidence, 0.9F) << "never surer than who named it";
}

/// `objects` of each kind, each seen `times`: alike, as sightings of one object are.
std::vector<Example> sightings_of_kinds(int objects, int times, NoiseRandom& random) {
  std::vector<Example> examples;
  for (int object = 0; object < objects; ++object) {
    for (int kind = 0; kind < 3; ++kind) {
      const Example first{recognition_features(make_kind(kind, random)), kind, object};
      for (int k = 0; k < times; ++k) {
        Example each = first;
        for (double& feature : each.features) feature += 1e-4 * random.next();
        examples.push_back(each);
      }
    }
  }
  return examples;
}

TEST(Recognition, CalibratesOnObjectsThatWereLeftOut) {
  NoiseRandom random;
  const auto learned =
      tracking::train_calibrated_recognition({"red", "blue", "blue-rough"}, sightings_of_kinds(12, 5, random));
  EXPECT_EQ(learned.left_out, 180U);
  const Calibration& calibration = learned.model.calibration;
  EXPECT_EQ(calibration.objects, 36) << "not 180 sightings";
  EXPECT_GE(calibration.doubt, 1.0F / 38 - 1e-6F);
  EXPECT_LT(learned.fit.reliability.error(), 0.06);
  const tracking::Recognizer recognizer(learned.model);
  Reliability reliability;
  int strange = 0, strange_others = 0;
  constexpr int kTrials = 600;
  for (int i = 0; i < kTrials; ++i) {
    const tracking::ClassBelief name = recognizer.classify(make_kind(i % 3, random));
    reliability.add(double{name.confidence}, name.best == i % 3);
    strange += name.strange;
    Detection other = make_kind(1, random);  // of another hue, and slender
    std::swap(other.hue[10], other.hue[7]);
    other.cov_xx = 20;
    strange_others += recognizer.classify(other).strange;
  }
  EXPECT_LT(reliability.error(), 0.05) << reliability.table();
  EXPECT_LT(strange, kTrials * 15 / 100);
  EXPECT_GT(strange_others, kTrials * 95 / 100);
}

TEST(Recognition, LeavesOutHalvesOfASingleObjectAndNoSingleExample) {
  NoiseRandom random;
  const auto examples = sightings_of_kinds(1, 6, random);
  const auto learned = tracking::train_calibrated_recognition({"red", "blue", "blue-rough"}, examples);
  EXPECT_EQ(learned.left_out, 18U);
  EXPECT_EQ(learned.model.calibration.objects, 3);
  EXPECT_GE(learned.model.calibration.doubt, 0.2F - 1e-6F) << "three objects prove little";
  const auto few = sightings_of_kinds(1, 1, random);
  const auto guess = tracking::train_calibrated_recognition({"red", "blue", "blue-rough"}, few);
  EXPECT_EQ(guess.left_out, 0U);
  EXPECT_EQ(guess.model.calibration, Calibration());
  EXPECT_FALSE(tracking::Recognizer(guess.model).classify(make_kind(0, random)).strange) << "nothing to compare with";
}

TEST(Recognition, CountsStrangeSightingsOfConfirmedTracks) {
  tracking::Tracker tracker({}, 1000);
  NoiseRandom random;
  for (int frame = 1; frame <= 20; ++frame) {
    std::vector<Detection> detections = {make_kind(0, random, 50), make_kind(0, random, 150)};
    std::vector<tracking::ClassBelief> names = {word(1, 1), word(2, 1)};
    names[1].strange = frame > 10;
    if (frame == 5) {  // nobody follows what is seen once
      detections.push_back(make_kind(0, random, 250));
      names.push_back(names[1]);
    }
    tracker.update(frame, frame / 1000.0, detections, names);
  }
  const tracking::NamedSightings named = tracker.named();
  EXPECT_EQ(named.objects, 2U);
  EXPECT_EQ(named.sightings, 40U);
  EXPECT_EQ(named.strange, 10U);
}

}  // namespace
}  // namespace flashcell::test
