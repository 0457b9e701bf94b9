// The whole program on the software device: the same files as on the CPU, exit codes, messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class XrtCli : public ProgramTest {
 protected:
  /// Runs the program; `software_device`: FLASHCELL_SOFTWARE_DEVICE.
  Outcome run(const std::vector<std::string>& arguments, const std::string& software_device = "") const {
    setenv("FLASHCELL_SOFTWARE_DEVICE", software_device.c_str(), 1);
    return ProgramTest::run(arguments);
  }

  /// Tracks into folder `name`.
  Outcome track(const std::string& name, const std::string& input, std::vector<std::string> more,
                const std::string& software_device = "") const {
    std::vector<std::string> arguments = {
        "track", input,          "-o",  (dir_ / name).string(), "--output.overlay", "false", "--output.report",
        "false", "--output.mot", "true"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, software_device);
  }

  /// Tracks on the CPU and on the software device: the same rows.
  void expect_same_tracks(const std::string& input, const std::vector<std::string>& common,
                          std::vector<std::string> xrt) const {
    ASSERT_EQ(track("cpu", input, common).code, 0);
    xrt.insert(xrt.begin(), {"--device", "xrt", "--emulated"});
    xrt.insert(xrt.end(), common.begin(), common.end());
    const Outcome outcome = track("xrt", input, xrt);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* file : {"tracks.csv", "tracks.txt"}) {
      const std::string expected = read_file(dir_ / "cpu" / file);
      EXPECT_FALSE(expected.empty());
      EXPECT_EQ(read_file(dir_ / "xrt" / file), expected) << input << " " << file;
    }
  }

  nlohmann::json summary(const std::string& name) const {
    return test::parse_json(read_file(dir_ / name / "summary.json"));
  }
};

const char* const kDiscs = "synth:discs?objects=40&size=256x256&frames=150&fps=2000&noise=3&seed=3";

TEST_F(XrtCli, TheReadmesCommand) {
  expect_same_tracks(kDiscs, {}, {});
}

TEST_F(XrtCli, SeveralFramesALaunchAndManyInFlight) {
  expect_same_tracks(kDiscs, {"--pipeline.threads", "3"},
                     {"--xrt.frames_per_launch", "6", "--xrt.launches_in_flight", "3"});
}

TEST_F(XrtCli, EveryMethod) {
  for (const char* method : {"threshold", "otsu", "adaptive", "background"})
    expect_same_tracks(kDiscs, {"--segment.method", method, "--frames", "60"}, {"--xrt.frames_per_launch", "2"});
}

TEST_F(XrtCli, CellModeAndColour) {
  expect_same_tracks("synth:discs?objects=20&size=200x160&frames=60&fps=1000&seed=5&colour=on",
                     {"--label.connectivity", "cell", "--segment.method", "threshold"}, {});
}

TEST_F(XrtCli, EventsComeAsMasks) {
  const std::string file = (dir_ / "scene.raw").string();
  ASSERT_EQ(run({"synth", "synth:discs?objects=9&size=203x150&frames=60&fps=1000&seed=2", "-o",
                 (dir_ / "scene").string(), "--events", file})
                .code,
            0);
  for (const char* connectivity : {"auto", "exact8", "exact4"}) {
    expect_same_tracks(file, {"--label.connectivity", connectivity, "--events.step", "400us"},
                       {"--xrt.frames_per_launch", "3"});
  }
}

TEST_F(XrtCli, Realtime) {
  const Outcome outcome = track("xrt", "synth:discs?objects=20&size=200x160&frames=100&fps=500&seed=5",
                                {"--device", "xrt", "--emulated", "--realtime", "--xrt.frames_per_launch", "8"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary("xrt")["frames"].get<int>() + summary("xrt")["frames_dropped"].get<int>(), 100);
}

TEST_F(XrtCli, ARealRecording) {
  const fs::path video = test::build_dir() / "data/demo/vtest.avi";
  FLASHCELL_NEEDS_FILE(video);  // ./run test unpacks it
  expect_same_tracks(video.string(), {"--frames", "120"}, {"--xrt.frames_per_launch", "2"});
}

TEST_F(XrtCli, AHighSpeedRecording) {
  FLASHCELL_NEEDS_DATA("highspeed/ball_12bit.mraw");
  expect_same_tracks((data_dir() / "highspeed/ball_12bit.mraw").string(), {"--frames", "60"}, {});
}

TEST_F(XrtCli, LostFramesStandInTheSummaryByCause) {
  const std::vector<std::string> xrt = {"--device", "xrt", "--emulated", "--xrt.launches_in_flight", "1"};
  const Outcome outcome = track("xrt", kDiscs, xrt, "fail=5:9");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("2 frames dropped: the board's run ended in an error"));
  EXPECT_EQ(summary("xrt")["frames"], 148);
}

TEST_F(XrtCli, ABoardLostForGoodIsExitCode4AndKeepsWhatWasDone) {
  const Outcome outcome = track("xrt", kDiscs, {"--device", "xrt", "--emulated"}, "lost=60");
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("is lost"));
  EXPECT_GE(summary("xrt")["frames"].get<int>(), 50);
}

TEST_F(XrtCli, WhatCannotStartWritesNothing) {
  for (const char* behaviour : {"boards=0", "busy=1", "platform=xilinx_u50_gen3x16_xdma_5", "nonsense"}) {
    const Outcome outcome = track("xrt", kDiscs, {"--device", "xrt", "--emulated"}, behaviour);
    EXPECT_EQ(outcome.code, 4) << behaviour;
    EXPECT_FALSE(fs::exists(dir_ / "xrt")) << behaviour;
  }
  EXPECT_EQ(track("xrt", kDiscs, {"--device", "xrt:1", "--emulated"}).code, 4);
  EXPECT_EQ(track("xrt", kDiscs, {"--device", "xrt:1", "--emulated"}, "boards=2").code, 0);
  EXPECT_EQ(track("xrt", kDiscs, {"--device", "xrt:x", "--emulated"}).code, 2);
}

TEST_F(XrtCli, DevicesListsTheSoftwareDevice) {
  const auto devices = test::parse_json(run({"devices", "--json"}, "boards=2").out)["devices"];
  int emulated = 0;
  for (const auto& device : devices) {
    if (!device["emulated"].get<bool>()) continue;
    EXPECT_EQ(device["device"], "xrt:" + std::to_string(emulated++));
    EXPECT_EQ(device["platform"], "flashcell_software_1");
    EXPECT_EQ(device["clock_mhz"], 300);
    EXPECT_FALSE(device["kernels"].empty());
    EXPECT_FALSE(device["memories"].empty());
  }
  EXPECT_EQ(emulated, 2);
}

TEST_F(XrtCli, BitstreamCheckSaysWhereItRuns) {
  const std::string file = std::string(std::getenv("FLASHCELL_SOFTWARE_XRT")) + "/flashcell.xclbin";
  const auto json = test::parse_json(run({"bitstream", "check", file, "--json"}).out);
  EXPECT_EQ(json["board"], "software device");
  EXPECT_TRUE(json["usable"]);
  EXPECT_EQ(json["runs_here"][0], "--device xrt:0 --emulated");
  EXPECT_TRUE(test::parse_json(run({"bitstream", "check", file, "--json"}, "boards=0").out)["runs_here"].empty());
}

TEST_F(XrtCli, StartsAgainOverTheDropInWhereXrtIsAnother) {
  const fs::path folder = std::getenv("FLASHCELL_SOFTWARE_XRT");
  fs::create_directories(dir_ / "only_dropin");
  fs::create_symlink(folder / "dropin", dir_ / "only_dropin" / "dropin");
  fs::create_symlink(folder / "flashcell.xclbin", dir_ / "only_dropin" / "flashcell.xclbin");
  const std::string before = folder.string();
  setenv("FLASHCELL_SOFTWARE_XRT", (dir_ / "only_dropin").c_str(), 1);
  expect_same_tracks(kDiscs, {}, {});
  fs::remove(dir_ / "only_dropin" / "dropin");
  const Outcome without = track("without", kDiscs, {"--device", "xrt", "--emulated"});
  // Where the tests themselves run over the drop-in, it is loaded already.
  if (std::getenv("LD_LIBRARY_PATH") == nullptr) {
    EXPECT_EQ(without.code, 4);
    EXPECT_THAT(without.err, HasSubstr("the software device is not there"));
  }
  setenv("FLASHCELL_SOFTWARE_XRT", before.c_str(), 1);
}

}  // namespace
}  // namespace flashcell::test
