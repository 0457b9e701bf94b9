// The software device by itself: memory, compute units, executors, options. No XRT.
#include "host/xrt_software/software_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <random>

#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "host/label/labeller.hpp"
#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {
namespace {

using contract::CellLabelJob;
using contract::PixelLayout;
using contract::ResultStatus;
using contract::Segmentation;

/// A device with one kind of kernel, and what one launch of it needs.
class SoftwareDeviceTest : public testing::Test {
 protected:
  static constexpr int kWidth = 90, kHeight = 50;

  SoftwareDeviceTest() : plan_({}), device_(plan_) {
    bitstreams::SoftwareXclbin description;
    description.kernels = {"cell_label_exact_full_512_v3"};
    description.units = 2;
    const auto bytes = bitstreams::make_software_xclbin(description);
    device_.load(bytes);
    label_.width = kWidth;
    label_.height = kHeight;
    label_.features = contract::kAllFeatures & ~contract::kFeatureHue;
    segment_.method = SegmentMethod::threshold;
    layout_ = plan_launch(label_, launch_input(segment_, PixelFormat::grey8), 1);
  }

  std::shared_ptr<DeviceBuffer> buffer(int argument, size_t bytes, int unit = 0) {
    return device_.memory().allocate(device_.bank_of(unit, argument), bytes);
  }

  void make_buffers(int unit = 0) {
    frames_ = buffer(contract::kFramesArgument, layout_.frames_buffer_bytes(), unit);
    masks_ = buffer(contract::kMasksArgument, layout_.masks_buffer_bytes(), unit);
    parameters_ = buffer(contract::kParametersArgument, layout_.parameters_buffer_bytes(), unit);
    results_ = buffer(contract::kResultsArgument, layout_.results_buffer_bytes(), unit);
    write_parameters(layout_, segment_, parameters_->bytes.data());
  }

  static void set64(std::vector<uint32_t>& registers, int argument, uint64_t value) {
    const uint32_t word = contract::kCellLabelArguments[argument].offset / 4;
    registers[word] = static_cast<uint32_t>(value);
    registers[word + 1] = static_cast<uint32_t>(value >> 32);
  }

  std::vector<uint32_t> registers(uint32_t frames, uint32_t sequence) const {
    std::vector<uint32_t> r(64);
    set64(r, contract::kFramesArgument, frames_->address);
    set64(r, contract::kMasksArgument, masks_->address);
    set64(r, contract::kParametersArgument, parameters_->address);
    set64(r, contract::kResultsArgument, results_->address);
    r[contract::kCellLabelArguments[contract::kFrameCountArgument].offset / 4] = frames;
    r[contract::kCellLabelArguments[contract::kSequenceArgument].offset / 4] = sequence;
    return r;
  }

  bool run(int unit, const std::vector<uint32_t>& r) {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false, good = false;
    device_.start(std::array{unit}, r, [&](bool g) {
      const std::lock_guard lock(mutex);
      ended = true;
      good = g;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended; });
    return good;
  }

  contract::ResultHeader header() const { return read_header(results_->bytes.data()); }

  CellLabelJob& job() { return *reinterpret_cast<CellLabelJob*>(parameters_->bytes.data()); }

  FaultPlan plan_;
  SoftwareDevice device_;
  contract::LabelParameters label_;
  SegmentParameters segment_;
  LaunchLayout layout_;
  std::shared_ptr<DeviceBuffer> frames_, masks_, parameters_, results_;
};

TEST_F(SoftwareDeviceTest, MemoryStartsAsJunkAndKnowsItsBounds) {
  const auto a = device_.memory().allocate(0, 5000), b = device_.memory().allocate(0, 100);
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->bytes[0], std::byte{0});
  EXPECT_GE(b->address, a->address + 5000 + 4096) << "a free page behind each buffer";
  EXPECT_EQ(device_.memory().find(a->address + 4999, 1), a);
  EXPECT_EQ(device_.memory().find(a->address + 4999, 2), nullptr);
  EXPECT_EQ(device_.memory().find(a->address + 5000, 1), nullptr);
  EXPECT_EQ(device_.memory().find(a->address - 1, 1), nullptr);
  EXPECT_EQ(device_.memory().find(0, 1), nullptr);
  EXPECT_EQ(device_.memory().find(~uint64_t{0}, 8), nullptr);
  EXPECT_EQ(device_.memory().allocate(99, 100), nullptr) << "no such bank";
  EXPECT_EQ(device_.memory().allocate(0, size_t{5} << 30), nullptr) << "more than a bank";
}

TEST_F(SoftwareDeviceTest, SharedMemoryIsTheHosts) {
  alignas(64) std::byte host[256] = {};
  const auto shared = device_.memory().share(0, host);
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->bytes.data(), host);
  EXPECT_EQ(device_.memory().find(shared->address, 256), shared);
  EXPECT_EQ(device_.memory().find(shared->address, 257), nullptr);
  EXPECT_EQ(device_.memory().share(99, host), nullptr) << "no such bank";
}

TEST_F(SoftwareDeviceTest, MemoryComesRoundAgain) {
  DeviceMemory memory;
  memory.set_banks({{0x1000, 64 * 1024}});
  const auto kept = memory.allocate(0, 4096);
  for (int i = 0; i < 100; ++i) {
    const auto passing = memory.allocate(0, 4096);
    ASSERT_TRUE(passing) << i;
    EXPECT_NE(passing->address, kept->address);
    EXPECT_LE(passing->address + 4096, 0x1000u + 64 * 1024);
  }
}

TEST_F(SoftwareDeviceTest, RunsOnEveryComputeUnit) {
  for (int unit = 0; unit < device_.units(); ++unit) {
    make_buffers(unit);
    std::memset(frames_->bytes.data(), 255, frames_->bytes.size());
    EXPECT_TRUE(run(unit, registers(1, 7)));
    EXPECT_EQ(header().status, ResultStatus::done);
    EXPECT_EQ(header().sequence, 7u);
    EXPECT_EQ(header().objects, 1u);
    EXPECT_EQ(header().foreground, static_cast<uint32_t>(kWidth * kHeight));
  }
}

TEST_F(SoftwareDeviceTest, AnotherUnitsBankIsAnError) {
  make_buffers(0);
  EXPECT_FALSE(run(1, registers(1, 1))) << "buffers of unit 0, run on unit 1";
}

TEST_F(SoftwareDeviceTest, AccessBeyondABufferIsAnError) {
  make_buffers();
  auto r = registers(2, 1);  // two frames, buffers for one
  frames_ = buffer(contract::kFramesArgument, layout_.frame_bytes());
  r = registers(2, 1);
  EXPECT_FALSE(run(0, r));
  set64(r, contract::kResultsArgument, 0x12345);
  EXPECT_FALSE(run(0, r)) << "an address where nothing is";
}

TEST_F(SoftwareDeviceTest, JobsBeyondTheBuildAreRefused) {
  const auto status_after = [&](auto change) {
    make_buffers();
    change(job());
    EXPECT_TRUE(run(0, registers(1, 3)));
    EXPECT_EQ(header().sequence, 3u);
    return header().status;
  };
  EXPECT_EQ(status_after([](CellLabelJob&) {}), ResultStatus::done);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.contract_version = 99; }), ResultStatus::wrong_version);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.width = 513; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.height = 0; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.connectivity = contract::Connectivity::cell; }),
            ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.classes = 0; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.classes = 9; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.result_words = j.capacity; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.row_words = 1; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.layout = PixelLayout::none; }), ResultStatus::bad_job);
  EXPECT_EQ(status_after([](CellLabelJob& j) { j.features = contract::kFeatureHue; }), ResultStatus::bad_job)
      << "hue of grey frames";
}

TEST_F(SoftwareDeviceTest, BayerIsDemosaickedAsOpenCvDoes) {
  make_buffers();
  std::mt19937 random(1);
  for (std::byte& b : frames_->bytes) b = static_cast<std::byte>(random());
  const struct {
    PixelLayout layout;
    int code;
  } mosaics[] = {{PixelLayout::bayer_rggb, cv::COLOR_BayerBG2BGR},
                 {PixelLayout::bayer_bggr, cv::COLOR_BayerRG2BGR},
                 {PixelLayout::bayer_grbg, cv::COLOR_BayerGB2BGR},
                 {PixelLayout::bayer_gbrg, cv::COLOR_BayerGR2BGR}};
  for (const auto& mosaic : mosaics) {
    job().layout = mosaic.layout;
    ASSERT_TRUE(run(0, registers(1, 1)));
    ASSERT_EQ(header().status, ResultStatus::done);
    cv::Mat raw(kHeight, kWidth, CV_8UC1, frames_->bytes.data(), layout_.frame_bytes() / kHeight), colour, grey;
    cv::cvtColor(raw, colour, mosaic.code);
    cv::cvtColor(colour, grey, cv::COLOR_BGR2GRAY);
    EXPECT_EQ(header().foreground, static_cast<uint32_t>(cv::countNonZero(grey >= segment_.threshold)));
  }
}

TEST_F(SoftwareDeviceTest, BitsBehindARowsEndDoNotCount) {
  segment_.method = SegmentMethod::otsu;  // the host segments: masks are given
  layout_ = plan_launch(label_, launch_input(segment_, PixelFormat::grey8), 1);
  make_buffers();
  std::memset(masks_->bytes.data(), 255, masks_->bytes.size());
  EXPECT_TRUE(run(0, registers(1, 1)));
  EXPECT_EQ(header().foreground, static_cast<uint32_t>(kWidth * kHeight));
}

TEST(SoftwareOptionsTest, ReadsEveryKeyAndNamesWhatIsWrong) {
  const SoftwareOptions o = parse_software_options(
      "boards=2,platform=a_b,executor=hls,slow=7,fail=1:2,hang=3,mute=4,lost=5,lost_opens=6,busy=1");
  EXPECT_EQ(o.boards, 2);
  EXPECT_EQ(o.platform, "a_b");
  EXPECT_EQ(o.executor, "hls");
  EXPECT_EQ(o.slow_us, 7u);
  EXPECT_THAT(o.fail, testing::ElementsAre(1, 2));
  EXPECT_THAT(o.hang, testing::ElementsAre(3));
  EXPECT_THAT(o.mute, testing::ElementsAre(4));
  EXPECT_EQ(o.lost, 5u);
  EXPECT_EQ(o.lost_opens, 6);
  EXPECT_EQ(o.busy, 1);
  for (const char* wrong : {"x", "boards", "boards=", "boards=-1", "fail=0", "fail=1:x", "colour=red"})
    EXPECT_THROW(parse_software_options(wrong), std::invalid_argument) << wrong;
  EXPECT_THROW(make_executor("fpga"), std::invalid_argument);
}

TEST(FaultPlanTest, CountsLaunchesOverTheProcess) {
  FaultPlan plan(parse_software_options("fail=2,hang=3,lost=5,lost_opens=1,busy=1"));
  EXPECT_EQ(plan.next_launch(), LaunchFate::run);
  EXPECT_EQ(plan.next_launch(), LaunchFate::fail);
  EXPECT_EQ(plan.next_launch(), LaunchFate::hang);
  EXPECT_EQ(plan.next_launch(), LaunchFate::run);
  EXPECT_TRUE(plan.may_open());
  EXPECT_EQ(plan.next_launch(), LaunchFate::board_lost);
  EXPECT_TRUE(plan.board_is_lost());
  EXPECT_FALSE(plan.may_open());
  EXPECT_TRUE(plan.may_open());
  EXPECT_FALSE(plan.board_is_lost());
  EXPECT_FALSE(plan.may_load());
  EXPECT_TRUE(plan.may_load());
}

}  // namespace
}  // namespace flashcell::host
