// The applications of docs/examples, with their configuration files, as their pages say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/folders.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;

class Examples : public test::ProgramTest {
 protected:
  static std::string example(const std::string& name) {
    return (test::source_dir() / "docs" / "examples" / name).string();
  }

  nlohmann::json json_of(const std::vector<std::string>& words) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }

  /// Follows a scene with the example's configuration and compares with the truth.
  nlohmann::json followed(const std::string& scene, const std::string& config, const std::vector<std::string>& track,
                          const std::vector<std::string>& eval) const {
    EXPECT_EQ(run({"synth", scene, "-f", "raw", "-o", path("scene")}).code, 0);
    std::vector<std::string> words = {
        "track",           scene,  "-c", example(config), "-o", path("out"), "--output.overlay", "false",
        "--output.report", "false"};
    words.insert(words.end(), track.begin(), track.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    words = {"eval", path("scene/truth.csv"), path("out/tracks.csv"), "--points", "--max-distance", "20", "--json"};
    words.insert(words.end(), eval.begin(), eval.end());
    return json_of(words);
  }
};

TEST_F(Examples, AGrippersCameraFollowsPartsUnderLightThatChanges) {
  const char* scene =
      "synth:polygons?objects=8&size=256x256&radius=8..14&speed=0.2..1&fps=250&frames=150&crossing=off&seed=4&noise=2&"
      "background=60&foreground=150&light=0.3..1.6&light_hz=2";
  const nlohmann::json found = followed(scene, "gripper.toml", {}, {}).at("OVERALL");
  EXPECT_GT(found.at("MOTA"), 0.97);
  EXPECT_EQ(found.at("IDSW"), 0);
  // One grey level for all light finds the parts in some of it only.
  const nlohmann::json fixed =
      followed(scene, "gripper.toml", {"--segment.method", "threshold", "--segment.threshold", "105"}, {})
          .at("OVERALL");
  EXPECT_LT(fixed.at("CLR_Re"), 0.8);
}

TEST_F(Examples, ADrawingStaysOnItsObjectAtHighSpeed) {
  const char* scene = "synth:discs?objects=1&size=512x512&radius=8..12&speed=2&fps=1000&frames=250&seed=3&noise=2";
  const nlohmann::json overlay =
      followed(scene, "ar_overlay.toml", {},
               {"--display", "120", "--fps", "1000", "--latency", "4", "--latency-spread", "2", "--predict-from", "10"})
          .at("sequences")
          .at("truth")
          .at("overlay");
  EXPECT_LT(overlay.at("missing"), 0.05);
  EXPECT_GT(overlay.at("age_ms"), 4);
  EXPECT_LT(overlay.at("oldest_age_ms"), 7.1);
  const auto rms = [&](const char* rule) { return overlay.at(rule).at("rms_px").get<double>(); };
  EXPECT_GT(rms("held"), 8);  // 2 px a frame, 4 frames and more
  EXPECT_LT(rms("line"), 0.3 * rms("held"));
}

TEST_F(Examples, EvalSaysWhatADisplayNeeds) {
  const Outcome no_fps = run({"eval", "a", "b", "--points", "--max-distance", "5", "--display", "60"});
  EXPECT_EQ(no_fps.code, 2);
  EXPECT_THAT(no_fps.err, testing::HasSubstr("--fps"));
  const Outcome boxes = run({"eval", "a", "b", "--display", "60", "--fps", "100"});
  EXPECT_EQ(boxes.code, 2);
  EXPECT_THAT(boxes.err, testing::HasSubstr("--points"));
}

}  // namespace
}  // namespace flashcell
