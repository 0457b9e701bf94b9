// flashcell synth --events, synth driving, synth gestures, as a user runs them.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SynthEvents : public test::ProgramTest {};

const char* const kScene = "synth:discs?objects=5&size=96x64&frames=10&fps=1000&speed=1..3&seed=3";

TEST_F(SynthEvents, OfAGeneratedSceneWithItsTruth) {
  for (const char* name : {"a.raw", "a.aedat4"}) {
    const test::Outcome outcome = run({"synth", kScene, "-o", path("scene"), "--events", path(name), "--light", "300"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(name));
    EXPECT_GT(fs::file_size(path(name)), 1000U);
    EXPECT_TRUE(fs::exists(path("scene/truth.csv")));
    const std::string once = test::read_file(path(name));
    ASSERT_EQ(run({"synth", kScene, "-o", path("scene"), "--events", path(name), "--light", "300"}).code, 0);
    EXPECT_EQ(test::read_file(path(name)), once);
    ASSERT_EQ(run({"synth", kScene, "-o", path("scene"), "--events", path(name), "--light", "1"}).code, 0);
    EXPECT_NE(test::read_file(path(name)), once) << "less light";
  }
}

TEST_F(SynthEvents, OfARecording) {
  ASSERT_EQ(run({"synth", kScene, "-o", path("scene")}).code, 0);
  const test::Outcome outcome = run({"synth", path("scene/scene.mov"), "--events", path("b.raw")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GT(fs::file_size(path("b.raw")), 500U);
}

TEST_F(SynthEvents, WhatMakesNoSenseIsOneLine) {
  EXPECT_EQ(run({"synth"}).code, 2);
  EXPECT_EQ(run({"synth", kScene, "-o", path("scene"), "--events", path("a.txt")}).code, 2);
  EXPECT_EQ(run({"synth", path("missing.mp4"), "--events", path("a.raw")}).code, 3);
  EXPECT_EQ(run({"synth", path("missing.mp4")}).code, 2);
  EXPECT_EQ(run({"synth", kScene, "-o", path("scene"), "--events", path("a.raw"), "--threshold", "0"}).code, 2);
  EXPECT_EQ(run({"synth", "driving", "-o", path("d"), "--size", "320"}).code, 2);
  EXPECT_FALSE(fs::exists(path("a.raw")));
}

TEST_F(SynthEvents, ARecordingIsNotOverwritten) {
  ASSERT_EQ(run({"synth", kScene, "-o", path("scene"), "--format", "raw"}).code, 0);
  const std::string before = test::read_file(path("scene/scene.raw"));
  EXPECT_NE(run({"synth", path("scene/scene.raw"), "--events", path("scene/scene.raw")}).code, 0);
  EXPECT_EQ(test::read_file(path("scene/scene.raw")), before);
}

TEST_F(SynthEvents, DrivesAreADataSetAndTheSameForTheSameSeed) {
  const std::vector<std::string> command = {"synth",   "driving", "--scenes", "2",     "--frames", "2",
                                            "--night", "0.5",     "--size",   "96x72", "--seed",   "4"};
  for (const char* folder : {"one", "two"}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"-o", path(folder)});
    const test::Outcome outcome = run(words);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("4 pictures"));
  }
  for (const char* file : {"boxes.json", "labels.csv", "labels_map.csv", "scene_0000/00000001.png",
                           "scene_0001/events.aedat4", "scene_0001/times.csv"}) {
    EXPECT_FALSE(test::read_file(path(std::string("one/") + file)).empty()) << file;
    EXPECT_EQ(test::read_file(path(std::string("one/") + file)), test::read_file(path(std::string("two/") + file)));
  }
  EXPECT_EQ(test::parse_json(test::read_file(path("one/boxes.json")))["images"].size(), 4U);
}

TEST_F(SynthEvents, GesturesAreFilesAndLabels) {
  const test::Outcome outcome =
      run({"synth", "gestures", "--count", "12", "--seconds", "0.1", "--as", "evt3", "-o", path("gestures")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string labels = test::read_file(path("gestures/labels.csv"));
  EXPECT_THAT(labels, HasSubstr("000000.raw,0,hand_clapping,1,"));
  EXPECT_THAT(labels, HasSubstr("000011.raw,0,hand_clapping,12,"));
  EXPECT_TRUE(fs::exists(path("gestures/000011.raw")));
}

}  // namespace
}  // namespace flashcell
