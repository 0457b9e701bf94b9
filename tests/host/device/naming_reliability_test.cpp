// Is confidence what it says, and is it told when a recording shows other things than were learned? On generated scenes
// that nothing was chosen on: seeds from 300 on; docs/recognition.md says what was chosen on which.
#include <gtest/gtest.h>

#include <cstdio>

#include "host/inference/network.hpp"
#include "host/inference/roi/roi_namer.hpp"
#include "pipeline/unfamiliar.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/named_scene.hpp"

namespace flashcell::host {
namespace {

using test::learn_scene;
using test::name_scene;
using test::NamedScene;

constexpr double kMostError = 0.05;  ///< of calibration
/// Of one kind of scene: four classifiers, each learned from forty objects, are not many.
constexpr double kMostErrorOfAKind = 0.08;
constexpr double kMostWrong = 0.995;  ///< confidence of what is wrong

/// A scene of 60 objects in 60 frames.
std::string scene(const std::string& shapes, int seed, const std::string& more = "") {
  return "synth:" + shapes +
         "?objects=60&size=640x640&frames=60&fps=2000&speed=0.2..2&start=apart&seed=" + std::to_string(seed) + "&" +
         (more.empty() ? "radius=10..20&noise=5&blur=0.6" : more);
}

void expect_reliable(const char* what, const Reliability& rows, double most_error) {
  std::printf("%s: %.1f %% of %.0f rows right, calibration error %.3f, surest wrong row %.3f\n%s", what,
              100 * rows.share_right(), rows.weight(), rows.error(), rows.most_wrong(), rows.table().c_str());
  EXPECT_GT(rows.weight(), 3000) << what;
  EXPECT_LE(rows.error(), most_error) << what;
  EXPECT_LT(rows.most_wrong(), kMostWrong) << what;
}

test::SceneNamer shipped(const quant::PackedModel& model) {
  return {model.class_names, [&model] { return make_roi_namer(model, {}, 8, 0); }};
}

quant::PackedModel shipped_model() {
  return read_network(test::source_dir() / "quant_models/recipes/trained/roi_crops/int8.fcnn");
}

TEST(NamingReliability, OfLearnedClasses) {
  Reliability all;
  int seed = 300;
  for (const char* shapes : {"digits", "discs+polygons", "discs+polygons+patterns"}) {
    Reliability rows;
    for (int turn = 0; turn < 4; ++turn) {
      const auto learned = learn_scene(scene(shapes, seed++), 6, 40);
      const tracking::Recognizer recognizer(learned.model);
      rows.add(name_scene(scene(shapes, seed++), {learned.model.classes, {}, &recognizer}).rows);
    }
    expect_reliable(shapes, rows, kMostErrorOfAKind);
    all.add(rows);
  }
  expect_reliable("all", all, kMostError);
}

TEST(NamingReliability, OfTheShippedClassifier) {
  const quant::PackedModel model = shipped_model();
  ASSERT_TRUE(model.calibration);
  Reliability rows;
  for (const char* look : {"radius=10..24&noise=6&blur=0.7", "radius=8..14&noise=10&blur=1", "radius=10..20&noise=3"})
    for (int seed = 340; seed < 343; ++seed) rows.add(name_scene(scene("digits", seed, look), shipped(model)).rows);
  expect_reliable("roi_crops", rows, kMostError);
}

TEST(NamingDrift, IsToldOfLearnedClassesWhereTheSceneIsAnotherOne) {
  const auto learned = learn_scene(scene("digits", 360), 6, 60);
  const tracking::Recognizer recognizer(learned.model);
  const auto strange = [&](const std::string& spec) {
    const NamedScene named = name_scene(spec, {learned.model.classes, {}, &recognizer});
    std::printf("%s: %llu of %llu strange\n", spec.c_str(), static_cast<unsigned long long>(named.named.strange),
                static_cast<unsigned long long>(named.named.sightings));
    EXPECT_GT(named.named.sightings, 1000U);
    return is_unfamiliar(named.named, learned.model.calibration);
  };
  for (int seed = 361; seed < 366; ++seed) EXPECT_FALSE(strange(scene("digits", seed))) << seed;
  EXPECT_TRUE(strange(scene("discs+polygons", 370)));
  EXPECT_TRUE(
      strange("synth:digits?objects=20&size=640x640&frames=60&fps=2000&speed=0.2..2&start=apart&seed=371&radius=30..40&"
              "noise=5&blur=0.6"));
  EXPECT_TRUE(strange(scene("digits", 372, "radius=10..20&noise=5&blur=2.5")));
  EXPECT_TRUE(strange(scene("digits", 373, "radius=10..20&noise=5&blur=0.6&shutter=1&speed=12..16")));
}

TEST(NamingDrift, IsToldOfANetworkWhereTheSceneIsAnotherOne) {
  const quant::PackedModel model = shipped_model();
  ASSERT_TRUE(model.calibration);
  const auto strange = [&](const std::string& spec) {
    const NamedScene named = name_scene(spec, shipped(model));
    std::printf("%s: %llu of %llu strange\n", spec.c_str(), static_cast<unsigned long long>(named.named.strange),
                static_cast<unsigned long long>(named.named.sightings));
    EXPECT_GT(named.named.sightings, 1000U);
    return is_unfamiliar(named.named, *model.calibration);
  };
  for (int seed = 380; seed < 385; ++seed) EXPECT_FALSE(strange(scene("digits", seed))) << seed;
  EXPECT_TRUE(strange(scene("digits", 391, "radius=10..20&noise=5&blur=4")));
  EXPECT_TRUE(strange(scene("digits", 392, "radius=10..20&noise=5&blur=0.6&shutter=1&speed=12..16")));
}

}  // namespace
}  // namespace flashcell::host
