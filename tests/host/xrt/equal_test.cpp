// The XRT device on the software device: the same bytes as the CPU device, whatever the format, method and launch.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "host/segment/choice/grey_frames.hpp"
#include "tests/host/xrt/support.hpp"

namespace flashcell::test {
namespace {

using contract::Connectivity;
using host::SegmentMethod;

void expect_equal(const host::Config& config, const std::vector<Picture>& frames, const std::string& what) {
  const std::vector<Outcome> expected = cpu_outcomes(config, frames);
  const std::vector<Outcome> found = outcomes(*device_for(config, frames[0].view), frames);
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << what << ", frame " << i;
}

const char* name_of(PixelFormat format) {
  return format == PixelFormat::grey8    ? "grey8"
         : format == PixelFormat::grey16 ? "grey16"
         : is_colour(format)             ? "rgb"
                                         : "";
}

class XrtEqual : public testing::TestWithParam<PixelFormat> {};

INSTANTIATE_TEST_SUITE_P(Formats, XrtEqual,
                         testing::Values(PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8,
                                         PixelFormat::bgr8));

TEST_P(XrtEqual, EveryMethodAndConnectivity) {
  const PixelFormat format = GetParam();
  const auto frames = pictures(6, 147, 90, format);
  std::vector<FrameView> views;
  for (const auto& frame : frames) views.push_back(frame.view);
  const auto scene = std::make_shared<host::BackgroundImage>(host::median_background(host::GreyFrames(views).views()));
  for (const SegmentMethod method : {SegmentMethod::threshold, SegmentMethod::otsu, SegmentMethod::adaptive,
                                     SegmentMethod::median, SegmentMethod::background, SegmentMethod::colour}) {
    if (method == SegmentMethod::colour && !is_colour(format)) continue;
    for (const Connectivity connectivity : {Connectivity::cell, Connectivity::exact8, Connectivity::exact4}) {
      host::Config config = xrt_config();
      config.segment.parameters.method = method;
      config.segment.parameters.learn_frames = 2;
      config.segment.parameters.scene = scene;
      if (format == PixelFormat::grey16) config.segment.parameters.threshold = 75 << 8;
      config.segment.parameters.classes = {{"red", 240, 20, 40, 255, 90, 255}, {"any", 0, 255, 0, 255, 100, 255}};
      config.label.connectivity = connectivity;
      config.label.min_area = 3;
      config.label.max_area = 400;
      expect_equal(config, frames,
                   std::string(name_of(format)) + " method " + std::to_string(static_cast<int>(method)) +
                       " connectivity " + std::to_string(static_cast<int>(connectivity)));
    }
  }
}

TEST_P(XrtEqual, DarkObjectsRegionsAndFewerFeatures) {
  const PixelFormat format = GetParam();
  const auto frames = pictures(4, 130, 64, format, 2);
  for (const bool dark : {false, true}) {
    for (const bool region : {false, true}) {
      for (const int features : {0, 1, 2, 7}) {
        host::Config config = xrt_config();
        if (format == PixelFormat::grey16) config.segment.parameters.threshold = 75 << 8;
        if (dark) config.segment.parameters.polarity = host::Polarity::dark;
        if (region) config.segment.parameters.regions = {{true, {{10, 5}, {120, 8}, {60, 60}}}};
        config.label.features = static_cast<uint8_t>(features);
        expect_equal(config, frames, std::string(name_of(format)) + " features " + std::to_string(features));
      }
    }
  }
}

TEST(XrtEqual, EverySize) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {7, 9}, {8, 8}, {63, 65}, {64, 1}, {65, 17}, {512, 8}, {513, 3}, {1024, 20}}) {
    expect_equal(xrt_config(), pictures(3, width, height, PixelFormat::grey8),
                 std::to_string(width) + "x" + std::to_string(height));
  }
}

TEST(XrtEqual, AnyNumberOfLaunchesFramesAndComputeUnits) {
  const auto frames = pictures(23, 200, 120, PixelFormat::grey8, 3);
  const auto expected = cpu_outcomes(xrt_config(), frames);
  const std::filesystem::path folder = testing::TempDir();
  for (const int units : {1, 2, 3}) {
    bitstreams::SoftwareXclbin description;
    description.units = units;
    const auto bytes = bitstreams::make_software_xclbin(description);
    const std::string file =
        (folder / ("flashcell_units_" + std::to_string(units) + "_" + std::to_string(getpid()))).string();
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    for (const int launches : {1, 2, 5}) {
      for (const int per_launch : {1, 2, 7, 40}) {
        host::Config config = xrt_config();
        config.xrt.bitstream = file;
        config.xrt.launches_in_flight = launches;
        config.xrt.frames_per_launch = per_launch;
        EXPECT_EQ(outcomes(*device_for(config, frames[0].view), frames), expected)
            << units << " units, " << launches << " launches of " << per_launch << " frames";
      }
    }
    std::filesystem::remove(file);
  }
}

TEST(XrtEqual, MoreObjectsThanFit) {
  // Isolated pixels: far more than the table holds, in rows of cells that end in any order.
  auto frames = pictures(3, 256, 100, PixelFormat::grey8);
  std::mt19937 random(5);
  for (Picture& p : frames) {
    for (uint8_t& pixel : p.pixels) pixel = random() % 4 == 0 ? 200 : 0;
  }
  for (const Connectivity connectivity : {Connectivity::cell, Connectivity::exact8, Connectivity::exact4}) {
    for (const uint32_t max_objects : {1u, 10u, 300u}) {
      host::Config config = xrt_config();
      config.label.connectivity = connectivity;
      config.label.max_objects = max_objects;
      expect_equal(config, frames, std::to_string(max_objects));
    }
  }
}

TEST(XrtEqual, ManyObjectsAfterFew) {
  // What is fetched of a result goes by the frame before: from nothing to many and back.
  auto frames = pictures(8, 300, 200, PixelFormat::grey8);
  for (size_t i = 0; i < frames.size(); i += 2) std::fill(frames[i].pixels.begin(), frames[i].pixels.end(), uint8_t{0});
  host::Config config = xrt_config();
  config.xrt.launches_in_flight = 1;
  expect_equal(config, frames, "alternating");
}

TEST(XrtEqual, SeveralColourClassesShareTheTable) {
  const auto frames = pictures(4, 160, 120, PixelFormat::bgr8, 4);
  host::Config config = xrt_config();
  config.segment.parameters.method = SegmentMethod::colour;
  for (int k = 0; k < 8; ++k) {
    config.segment.parameters.classes.push_back({"class " + std::to_string(k), static_cast<uint8_t>(32 * k),
                                                 static_cast<uint8_t>(32 * k + 31), 10, 255, 80, 255});
  }
  config.label.max_objects = 12;
  config.xrt.frames_per_launch = 3;
  expect_equal(config, frames, "eight classes");
}

TEST(XrtEqual, TheKernelsSourcesAsExecutor) {
  setenv("FLASHCELL_SOFTWARE_DEVICE", "executor=hls", 1);
  const auto frames = pictures(3, 100, 60, PixelFormat::rgb8);
  for (const Connectivity connectivity : {Connectivity::cell, Connectivity::exact8}) {
    host::Config config = xrt_config();
    config.label.connectivity = connectivity;
    expect_equal(config, frames, "hls");
  }
  unsetenv("FLASHCELL_SOFTWARE_DEVICE");
}

TEST(XrtEqual, ProcessIsOneFrameAtATime) {
  const auto frames = pictures(3, 64, 64, PixelFormat::grey8);
  const host::Config config = xrt_config();
  const auto device = device_for(config, frames[0].view);
  const auto expected = cpu_outcomes(config, frames);
  ObjectTable table;
  for (size_t i = 0; i < frames.size(); ++i) {
    device->process(Frame(frames[i].view), table);
    EXPECT_EQ(outcome_of(table), expected[i]);
  }
}

}  // namespace
}  // namespace flashcell::test
