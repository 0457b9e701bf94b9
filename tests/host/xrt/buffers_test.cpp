// Plain xrt:: code on the software device, as other people write it: buffers copied on the board, memory that host and
// kernels share, kernels of several compute units.
#include <gmock/gmock.h>
#include <unistd.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "host/xrt/software_xrt.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kKernel = "cell_label_cell_shape_512_v3";
constexpr int kSide = 64;

/// A device whose two compute units reach the same memory, and what a launch of one frame needs.
class XrtBuffers : public testing::Test {
 protected:
  void open(const char* behaviour) {
    setenv("FLASHCELL_SOFTWARE_DEVICE", behaviour, 1);
    use_software_device();
    bitstreams::SoftwareXclbin description;
    description.kernels = {kKernel};
    description.units = 2;
    description.banks = 2;
    const auto bytes = bitstreams::make_software_xclbin(description);
    const auto file = std::filesystem::path(testing::TempDir()) / ("buffers_" + std::to_string(getpid()) + ".xclbin");
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    device_ = xrt::device(0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    kernel_ = xrt::kernel(device_, device_.load_xclbin(file.string()), kKernel);
#pragma GCC diagnostic pop
    std::filesystem::remove(file);
  }

  xrt::bo buffer(int argument, size_t bytes, xrt::bo::flags kind = xrt::bo::flags::normal) {
    return xrt::bo(device_, bytes, kind, static_cast<xrt::memory_group>(kernel_.group_id(argument)));
  }

  xrt::device device_;
  xrt::kernel kernel_;
};

/// A bright frame, to be labelled as one object.
struct OneFrame {
  OneFrame(const xrt::kernel& kernel, std::vector<xrt::bo> its_buffers) : buffers(std::move(its_buffers)), run(kernel) {
    for (int argument = 0; argument < 4; ++argument) run.set_arg(argument, buffers[static_cast<size_t>(argument)]);
    run.set_arg(contract::kFrameCountArgument, uint32_t{1});
    run.set_arg(contract::kSequenceArgument, uint32_t{7});
  }
  std::vector<xrt::bo> buffers;
  xrt::run run;
};

LaunchLayout layout_of_one_frame(SegmentParameters& segment) {
  contract::LabelParameters label;
  label.width = label.height = kSide;
  label.connectivity = contract::Connectivity::cell;
  segment.method = SegmentMethod::threshold;
  segment.threshold = 100;
  return plan_launch(label, launch_input(segment, PixelFormat::grey8), 1);
}

class XrtLaunches : public XrtBuffers {
 protected:
  OneFrame prepare(xrt::bo::flags kind) {
    const LaunchLayout layout = layout_of_one_frame(segment_);
    OneFrame frame(kernel_, {buffer(contract::kFramesArgument, layout.frames_buffer_bytes(), kind),
                             buffer(contract::kMasksArgument, layout.masks_buffer_bytes(), kind),
                             buffer(contract::kParametersArgument, layout.parameters_buffer_bytes(), kind),
                             buffer(contract::kResultsArgument, layout.results_buffer_bytes(), kind)});
    std::memset(frame.buffers[0].map<std::byte*>(), 200, layout.frames_buffer_bytes());
    write_parameters(layout, segment_, frame.buffers[2].map<std::byte*>());
    return frame;
  }
  static void sync_inputs(OneFrame& frame) {
    for (const size_t input : {0, 1, 2}) frame.buffers[input].sync(XCL_BO_SYNC_BO_TO_DEVICE);
  }
  static contract::ResultHeader header_of(OneFrame& frame) { return read_header(frame.buffers[3].map<std::byte*>()); }
  SegmentParameters segment_;
};

TEST_F(XrtBuffers, CopyMovesWhatTheBoardHas) {
  open("");
  xrt::bo from = buffer(contract::kFramesArgument, 8192), to = buffer(contract::kResultsArgument, 4096);
  auto* const source = from.map<uint8_t*>();
  auto* const found = to.map<uint8_t*>();
  for (int i = 0; i < 8192; ++i) source[i] = static_cast<uint8_t>(i * 7 + i / 256);
  from.sync(XCL_BO_SYNC_BO_TO_DEVICE);
  const std::vector<uint8_t> sent(source, source + 8192);
  std::memset(source, 0, 8192);  // the host's side is not what is copied
  std::memset(found, 0, 4096);
  to.sync(XCL_BO_SYNC_BO_TO_DEVICE);
  std::memset(found, 1, 4096);
  to.copy(from, 1000, 5000, 300);
  EXPECT_EQ(found[300], 1) << "nor where it goes to";
  to.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
  for (int i = 0; i < 4096; ++i) {
    const bool copied = i >= 300 && i < 1300;
    ASSERT_EQ(found[i], copied ? sent[static_cast<size_t>(5000 + i - 300)] : 0) << i;
  }
  EXPECT_ANY_THROW(to.copy(from, 4096, 0, 1));
  EXPECT_ANY_THROW(to.copy(from, 4096, 5000, 0));
  EXPECT_ANY_THROW(to.copy(from, 0));
}

TEST_F(XrtLaunches, HostOnlyMemoryIsSharedWithTheKernel) {
  open("");
  for (const xrt::bo::flags kind : {xrt::bo::flags::normal, xrt::bo::flags::host_only}) {
    OneFrame frame = prepare(kind);
    std::memset(frame.buffers[3].map<std::byte*>(), 0, sizeof(contract::ResultHeader));
    if (kind == xrt::bo::flags::normal) sync_inputs(frame);
    frame.run.start();
    ASSERT_EQ(frame.run.wait(std::chrono::milliseconds(60000)), ERT_CMD_STATE_COMPLETED);
    if (kind == xrt::bo::flags::normal) frame.buffers[3].sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    const contract::ResultHeader header = header_of(frame);
    EXPECT_EQ(header.status, contract::ResultStatus::done);
    EXPECT_EQ(header.sequence, 7u);
    EXPECT_EQ(header.objects, 1u);
    EXPECT_EQ(header.foreground, static_cast<uint32_t>(kSide * kSide));
    // A sync that is not needed does no harm.
    frame.buffers[0].sync(XCL_BO_SYNC_BO_TO_DEVICE);
    frame.buffers[3].sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    EXPECT_EQ(header_of(frame).objects, 1u);
  }
}

TEST_F(XrtLaunches, AKernelNotNamedByUnitUsesAllOfThem) {
  open("hang=1");
  OneFrame first = prepare(xrt::bo::flags::normal), second = prepare(xrt::bo::flags::normal);
  sync_inputs(first), sync_inputs(second);
  first.run.start();  // never ends, and keeps one compute unit
  for (int round = 0; round < 3; ++round) {
    second.run.start();
    ASSERT_EQ(second.run.wait(std::chrono::milliseconds(60000)), ERT_CMD_STATE_COMPLETED) << round;
  }
  second.buffers[3].sync(XCL_BO_SYNC_BO_FROM_DEVICE);
  EXPECT_EQ(header_of(second).objects, 1u);
}

}  // namespace
}  // namespace flashcell::host
