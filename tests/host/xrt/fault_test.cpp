// What goes wrong with a board, on the software device: nothing is silent, everything has a remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "tests/host/xrt/support.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;

class XrtFault : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("FLASHCELL_SOFTWARE_DEVICE");
    for (const std::string& file : files_) std::filesystem::remove(file);
  }

  /// The software device behaves like that from here on; each test needs another text.
  static void behave(const std::string& text) { setenv("FLASHCELL_SOFTWARE_DEVICE", text.c_str(), 1); }

  static host::Config config(int launches, int per_launch, int reopen = 3) {
    host::Config config = xrt_config();
    config.xrt.launches_in_flight = launches;
    config.xrt.frames_per_launch = per_launch;
    config.xrt.reopen = reopen;
    config.xrt.timeout_ms = 250;
    return config;
  }

  /// Every frame either equals the CPU's or is lost for `cause`; returns which are lost.
  static std::vector<size_t> lost_frames(const std::vector<Outcome>& found, const std::vector<Outcome>& expected,
                                         const std::string& cause) {
    std::vector<size_t> lost;
    EXPECT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      if (found[i].lost.empty()) {
        EXPECT_EQ(found[i], expected[i]) << "frame " << i;
      } else {
        EXPECT_THAT(found[i].lost, HasSubstr(cause));
        lost.push_back(i);
      }
    }
    return lost;
  }

  std::vector<size_t> run(const host::Config& config, const std::string& cause) {
    const auto expected = cpu_outcomes(config, frames_);
    return lost_frames(outcomes(*device_for(config, frames_[0].view), frames_), expected, cause);
  }

  std::string error_of(const host::Config& config, Fault fault = Fault::device) {
    try {
      outcomes(*device_for(config, frames_[0].view), frames_);
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), fault);
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << "one line";
      return e.what();
    }
    return "no error";
  }

  std::string file(const std::vector<uint8_t>& bytes) {
    files_.push_back((std::filesystem::path(testing::TempDir()) /
                      ("flashcell_fault_" + std::to_string(getpid()) + "_" + std::to_string(files_.size()) + ".xclbin"))
                         .string());
    std::ofstream(files_.back(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return files_.back();
  }

  const std::vector<Picture> frames_ = pictures(20, 120, 80, PixelFormat::grey8);
  std::vector<std::string> files_;
};

TEST_F(XrtFault, ARunThatFailsLosesItsFrameOnly) {
  behave("fail=5");
  EXPECT_EQ(run(config(4, 1), "ended in an error"), std::vector<size_t>{4});
}

TEST_F(XrtFault, ARunThatFailsLosesAllFramesOfItsLaunch) {
  behave("fail=2,boards=1");
  EXPECT_EQ(run(config(3, 4), "ended in an error"), (std::vector<size_t>{4, 5, 6, 7}));
}

TEST_F(XrtFault, SeveralFailures) {
  behave("fail=2:9:15");
  EXPECT_EQ(run(config(1, 1), "ended in an error"), (std::vector<size_t>{1, 8, 14}));
}

TEST_F(XrtFault, ARunThatHangsIsGivenUp) {
  behave("hang=3");
  const auto lost = run(config(1, 1), "exceeded xrt.timeout_ms");
  EXPECT_EQ(lost, std::vector<size_t>{2});
}

TEST_F(XrtFault, WhatWaitsBehindAHangingRunIsCounted) {
  behave("hang=3,boards=1");
  const auto lost = run(config(4, 2), "exceeded xrt.timeout_ms");
  EXPECT_GE(lost.size(), 2u);
  EXPECT_LE(lost.size(), 8u) << "what is in flight, at most";
  EXPECT_THAT(lost, testing::Contains(4u));
}

TEST_F(XrtFault, AKernelThatWritesNothingIsNoticed) {
  behave("mute=4");
  EXPECT_EQ(run(config(2, 1), "wrote no result"), std::vector<size_t>{3});
}

TEST_F(XrtFault, SlowRunsAreFine) {
  behave("slow=3000");
  EXPECT_TRUE(run(config(3, 2), "").empty());
}

TEST_F(XrtFault, ABoardThatComesBackIsUsedAgain) {
  behave("lost=6,lost_opens=2");
  const auto lost = run(config(3, 1), "could not be reached");
  EXPECT_GE(lost.size(), 1u);
  EXPECT_LE(lost.size(), 3u);
}

TEST_F(XrtFault, FramesThatWaitForTheirLaunchSurvive) {
  behave("lost=2,lost_opens=1");
  // Launch 2 is lost while the third is being filled: its frames are kept.
  const auto lost = run(config(2, 5), "could not be reached");
  EXPECT_FALSE(lost.empty());
  EXPECT_LE(lost.size(), 10u);
}

TEST_F(XrtFault, ABoardLostForGoodIsAnErrorAfterWholeFrames) {
  behave("lost=6");
  const auto device = device_for(config(1, 1, 2), frames_[0].view);
  const auto expected = cpu_outcomes(config(1, 1), frames_);
  ObjectTable table;
  std::string error;
  size_t good = 0;
  try {
    for (const Picture& p : frames_) {
      device->queue()->submit(Frame(p.view), table);
      if (device->queue()->collect() != nullptr) continue;
      EXPECT_EQ(outcome_of(table), expected[good++]);
    }
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::device);
    error = e.what();
  }
  EXPECT_EQ(good, 5u);
  EXPECT_THAT(error, HasSubstr("lost"));
  EXPECT_THAT(error, HasSubstr("opened again 2 times"));
}

TEST_F(XrtFault, TooManyFailuresEndTheRun) {
  behave("fail=1:2:3:4:5:6:7:8:9:10");
  EXPECT_THAT(error_of(config(1, 1, 4)), HasSubstr("opened again 4 times"));
}

TEST_F(XrtFault, NoBoard) {
  behave("boards=0");
  EXPECT_THAT(error_of(config(1, 1)), HasSubstr("no board with index 0"));
}

TEST_F(XrtFault, NoBoardOfThatIndex) {
  behave("boards=2");
  host::Config other = config(1, 1);
  other.xrt.device = 1;
  EXPECT_EQ(error_of(other), "no error");
  other.xrt.device = 2;
  EXPECT_THAT(error_of(other), HasSubstr("no board with index 2"));
}

TEST_F(XrtFault, ABusyBoard) {
  behave("busy=1");
  EXPECT_THAT(error_of(config(1, 1)), HasSubstr("busy"));
  EXPECT_EQ(error_of(config(1, 1)), "no error") << "free again";
}

TEST_F(XrtFault, AnotherPlatform) {
  if (testing::UnitTest::GetInstance()->test_to_run_count() > 1)
    GTEST_SKIP() << "XRT remembers a board's name as long as the process lives: runs alone, as ctest has it";
  behave("platform=xilinx_u250_gen3x16_xdma_shell_4_1");
  const std::string error = error_of(config(1, 1));
  EXPECT_THAT(error, HasSubstr("xilinx_u250"));
  EXPECT_THAT(error, HasSubstr("platform flashcell_software_1"));
}

TEST_F(XrtFault, ADamagedXclbin) {
  auto bytes = bitstreams::make_software_xclbin({});
  host::Config damaged = config(1, 1);
  damaged.xrt.bitstream = file({bytes.begin(), bytes.begin() + 3000});
  EXPECT_THAT(error_of(damaged), HasSubstr("damaged"));
  damaged.xrt.bitstream = file({'x'});
  EXPECT_THAT(error_of(damaged), HasSubstr("not an xclbin"));
  damaged.xrt.bitstream = "/nonexistent.xclbin";
  EXPECT_THAT(error_of(damaged), HasSubstr("cannot be read"));
}

TEST_F(XrtFault, AnXclbinOfAnotherContractVersion) {
  bitstreams::SoftwareXclbin description;
  description.kernels = {"cell_label_exact_full_512_v9"};
  host::Config other = config(1, 1);
  other.xrt.bitstream = file(bitstreams::make_software_xclbin(description));
  EXPECT_THAT(error_of(other), HasSubstr("contract version 9"));
}

TEST_F(XrtFault, AnXclbinWithoutAFittingKernel) {
  bitstreams::SoftwareXclbin description;
  description.kernels = {"cell_label_cell_full_512_v3"};
  host::Config other = config(1, 1);
  other.xrt.bitstream = file(bitstreams::make_software_xclbin(description));
  const std::string error = error_of(other);
  EXPECT_THAT(error, HasSubstr("120x80 px with connectivity exact8"));
  EXPECT_THAT(error, HasSubstr("it has cell_label_cell_full_512_v3"));
}

TEST_F(XrtFault, MoreBuffersThanTheBoardHasMemory) {
  // 134 MB of results a frame: 64 of them do not fit into a bank of 4 GiB.
  host::Config large = config(1, 64);
  large.label.connectivity = contract::Connectivity::exact4;
  large.label.max_objects = 1 << 20;
  const auto frames = pictures(1, 1024, 1024, PixelFormat::grey8);
  try {
    device_for(large, frames[0].view);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::device);
    EXPECT_THAT(e.what(), HasSubstr("lower xrt.launches_in_flight"));
  }
}

TEST_F(XrtFault, NoXclbinNamed) {
  host::Config without = config(1, 1);
  without.xrt.emulated = false;
  EXPECT_THAT(error_of(without, Fault::usage), HasSubstr("--bitstream"));
}

TEST_F(XrtFault, AFrameOfAnotherSize) {
  const auto device = device_for(config(1, 1), frames_[0].view);
  const auto other = pictures(1, 121, 80, PixelFormat::grey8);
  ObjectTable table;
  EXPECT_THROW(device->queue()->submit(Frame(other[0].view), table), Error);
}

}  // namespace
}  // namespace flashcell::test
