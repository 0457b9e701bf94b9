// The kernels' top functions, driven with frames as a board gets them, against the host's segmentation and reference
// labeller.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/label/labeller.hpp"
#include "host/segment/colour_table.hpp"
#include "host/segment/segmenter.hpp"
#include "host/source/frame_layout.hpp"
#include "kernels_hls/cell_label/kernel_table.hpp"
#include "tests/kernels_hls/cell_label/kernel_launch.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::PixelLayout;
using contract::ResultStatus;
using contract::Segmentation;
using test::Launch;
using test::PassResult;

constexpr Connectivity kModes[] = {Connectivity::cell, Connectivity::exact8, Connectivity::exact4};

kernels::CellLabelKernel kernel_for(const contract::CellLabelJob& job) {
  for (int i = 0; i < contract::kCellLabelBuildCount; ++i) {
    if (contract::fits(contract::kCellLabelBuilds[i], job.width, job.height, job.connectivity, job.features)) {
      return kernels::kCellLabelKernels[i];
    }
  }
  ADD_FAILURE() << "no build fits " << job.width << 'x' << job.height;
  return kernels::kCellLabelKernels[0];
}

contract::CellLabelJob make_job(int width, int height, Connectivity connectivity, uint8_t features) {
  contract::CellLabelJob job{};
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(width);
  job.height = static_cast<uint16_t>(height);
  job.min_area = 1;
  job.max_area = 0xFFFFFFFF;
  job.capacity = static_cast<uint32_t>((width * height + 1) / 2);
  job.segmentation = Segmentation::given;
  job.connectivity = connectivity;
  job.features = features;
  job.classes = 1;
  job.min_cell_pixels = 1;
  job.saturation_floor = 40;
  job.value_floor = 30;
  return job;
}

contract::LabelParameters parameters_of(const contract::CellLabelJob& job) {
  contract::LabelParameters p;
  p.width = job.width;
  p.height = job.height;
  p.max_objects = 1u << 20;
  p.min_area = job.min_area;
  p.max_area = job.max_area;
  p.connectivity = job.connectivity;
  p.features = job.features;
  p.min_cell_pixels = job.min_cell_pixels;
  p.saturation_floor = job.saturation_floor;
  p.value_floor = job.value_floor;
  return p;
}

ObjectTable reference(const contract::CellLabelJob& job, const BitImage& mask, const FrameView& pixels,
                      uint32_t class_id) {
  ObjectTable table;
  make_reference_labeller(parameters_of(job))->label(mask, pixels, class_id, table);
  return table;
}

/// The pass's objects in the contract's order.
ObjectTable sorted(const PassResult& result) {
  std::vector<size_t> order(result.objects.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return result.objects[a].first_pixel < result.objects[b].first_pixel; });
  ObjectTable table;
  for (const size_t i : order) {
    table.objects.push_back(result.objects[i]);
    if (!result.features.empty()) table.features.push_back(result.features[i]);
  }
  table.summary.objects = result.header.objects;
  table.summary.lost = result.header.lost;
  table.summary.too_small = result.header.too_small;
  table.summary.too_large = result.header.too_large;
  table.summary.largest_too_small = result.header.largest_too_small;
  table.summary.smallest_too_large = result.header.smallest_too_large;
  table.summary.foreground = result.header.foreground;
  return table;
}

template <class Records>
bool same_bytes(const Records& a, const Records& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0);
}

/// One pass of a launch is what the reference says of its mask.
void expect_pass(Launch& launch, uint32_t frame, uint32_t class_id, const BitImage& mask, const FrameView& pixels) {
  const PassResult result = launch.result(frame, class_id);
  SCOPED_TRACE(testing::Message() << launch.job.width << 'x' << launch.job.height << " mode "
                                  << static_cast<int>(launch.job.connectivity) << " layout "
                                  << static_cast<int>(launch.job.layout) << " frame " << frame << " class "
                                  << class_id);
  ASSERT_EQ(result.header.status, ResultStatus::done);
  EXPECT_EQ(result.header.contract_version, contract::kContractVersion);
  EXPECT_EQ(result.header.sequence, launch.sequence + frame);
  EXPECT_EQ(result.header.class_id, class_id);
  const ObjectTable expected = reference(launch.job, mask, pixels, class_id), found = sorted(result);
  EXPECT_EQ(std::memcmp(&expected.summary, &found.summary, sizeof expected.summary), 0)
      << expected.summary.objects << " objects of " << expected.summary.foreground << " px expected, "
      << found.summary.objects << " of " << found.summary.foreground << " found";
  EXPECT_TRUE(same_bytes(expected.objects, found.objects));
  EXPECT_TRUE(same_bytes(expected.features, found.features));
  EXPECT_TRUE(launch.rest_untouched(frame, class_id));
}

/// Frames whose pixels are blobs of noise: some structure at every scale.
std::vector<uint8_t> picture(int width, int height, int bytes_per_pixel, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(width) * height * bytes_per_pixel);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool again = i >= 3 && random() % 4 != 0;
    bytes[i] = again ? bytes[i - static_cast<size_t>(bytes_per_pixel)] : static_cast<uint8_t>(random() >> 9);
  }
  return bytes;
}

struct LayoutCase {
  PixelLayout layout;
  PixelFormat format;
};
constexpr LayoutCase kPlainLayouts[] = {{PixelLayout::grey8, PixelFormat::grey8},
                                        {PixelLayout::grey16, PixelFormat::grey16},
                                        {PixelLayout::rgb8, PixelFormat::rgb8},
                                        {PixelLayout::bgr8, PixelFormat::bgr8}};

/// A launch over frames of `layout` and what the host makes of them.
struct Scene {
  Launch launch;
  std::vector<std::vector<uint8_t>> raw;     // as the camera has them
  std::vector<std::vector<uint8_t>> pixels;  // as the host sees them
  std::vector<FrameView> views;

  Scene(const contract::CellLabelJob& job, const LayoutCase& layout, uint32_t frame_count, uint32_t gap = 0) {
    launch.job = job;
    launch.job.layout = layout.layout;
    launch.frame_count = frame_count;
    launch.sequence = 1000;
    launch.lay_out(gap);
    const int width = job.width, height = job.height;
    const int stored = static_cast<int>(contract::bytes_of(layout.layout));
    for (uint32_t frame = 0; frame < frame_count; ++frame) {
      raw.push_back(picture(width, height, stored, frame + 7 * job.width));
      for (int y = 0; y < height; ++y) {
        std::memcpy(launch.frame_row(frame, static_cast<uint32_t>(y)),
                    raw.back().data() + static_cast<size_t>(y) * width * stored, static_cast<size_t>(width) * stored);
      }
      pixels.push_back(host_pixels(layout, raw.back(), width, height));
      views.push_back(
          {pixels.back().data(), width, height, ptrdiff_t{width} * bytes_per_pixel(layout.format), layout.format});
    }
  }

  /// Bayer frames as the host's sources deliver them.
  static std::vector<uint8_t> host_pixels(const LayoutCase& layout, const std::vector<uint8_t>& raw, int width,
                                          int height) {
    if (layout.layout < PixelLayout::bayer_rggb) return raw;
    FrameLayout file;
    file.info.width = width;
    file.info.height = height;
    file.info.format = PixelFormat::bgr8;
    file.pixels = static_cast<RawPixels>(static_cast<int>(RawPixels::bayer_rggb) + static_cast<int>(layout.layout) -
                                         static_cast<int>(PixelLayout::bayer_rggb));
    file.row_bytes = static_cast<uint64_t>(width);
    file.frames.push_back({0, 0, {}});
    Frame frame;
    std::vector<uint8_t> stored;
    EXPECT_TRUE(read_frame(file, MemoryReader(raw), 0, stored, frame));
    return {frame.view.data, frame.view.data + size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height)};
  }

  /// Runs the kernel and compares every pass with the host's segmentation.
  void expect_as(const SegmentParameters& segment) {
    launch.run(kernel_for(launch.job));
    EXPECT_TRUE(launch.results.guards_untouched());
    const int width = launch.job.width, height = launch.job.height;
    for (uint32_t frame = 0; frame < launch.frame_count; ++frame) {
      const auto segmenter = make_segmenter(segment, width, height, views[frame].format);
      std::vector<BitImage> masks(static_cast<size_t>(segmenter->masks()), BitImage(width, height));
      segmenter->segment(views[frame], masks.data());
      ASSERT_EQ(masks.size(), launch.job.classes);
      for (uint32_t k = 0; k < launch.job.classes; ++k) expect_pass(launch, frame, k, masks[k], views[frame]);
    }
  }
};

uint8_t features_for(const LayoutCase& layout) {
  return is_colour(layout.format) ? contract::kAllFeatures
                                  : static_cast<uint8_t>(contract::kFeatureHlac | contract::kFeatureIntensity);
}

void expect_threshold(int width, int height, Connectivity mode, const LayoutCase& layout, uint8_t features,
                      uint32_t frame_count, Polarity polarity) {
  contract::CellLabelJob job = make_job(width, height, mode, features);
  SegmentParameters segment;
  segment.method = SegmentMethod::threshold;
  segment.threshold = layout.format == PixelFormat::grey16 ? 40000 : 150;
  segment.polarity = polarity;
  job.segmentation = Segmentation::threshold;
  job.threshold = static_cast<uint32_t>(segment.threshold);
  job.dark = polarity == Polarity::dark;
  Scene(job, layout, frame_count, frame_count % 3).expect_as(segment);
}

TEST(CellLabelLaunch, ThresholdOfEveryLayoutAndMode) {
  for (const LayoutCase& layout : kPlainLayouts) {
    for (const Connectivity mode : kModes) {
      for (const auto& [width, height] : {std::pair{1, 1}, {3, 100}, {64, 8}, {65, 9}, {200, 63}}) {
        expect_threshold(width, height, mode, layout, 0, 1, Polarity::bright);
        expect_threshold(width, height, mode, layout, features_for(layout), 2, Polarity::dark);
      }
    }
  }
}

TEST(CellLabelLaunch, ThresholdsAtTheEndsOfTheRange) {
  for (const uint32_t threshold : {0u, 255u, 256u, 65536u}) {
    contract::CellLabelJob job = make_job(70, 30, Connectivity::exact8, 0);
    job.segmentation = Segmentation::threshold;
    job.threshold = threshold;
    SegmentParameters segment;
    segment.method = SegmentMethod::threshold;
    segment.threshold = static_cast<int>(threshold);
    Scene(job, kPlainLayouts[threshold == 65536 ? 1 : 0], 1).expect_as(segment);
  }
}

TEST(CellLabelLaunch, EverySizeOfSmallFrames) {
  for (int width = 1; width <= 18; ++width) {
    for (int height = 1; height <= 18; ++height) {
      for (const Connectivity mode : kModes) {
        expect_threshold(width, height, mode, kPlainLayouts[0], contract::kFeatureHlac, 2, Polarity::bright);
      }
    }
  }
}

TEST(CellLabelLaunch, LargestFramesOfEachBuild) {
  for (const int side : {512, 1024}) {
    for (const Connectivity mode : kModes) {
      expect_threshold(side, side, mode, kPlainLayouts[0], contract::kFeatureHlac, 1, Polarity::bright);
    }
  }
  expect_threshold(512, 512, Connectivity::cell, kPlainLayouts[2], contract::kAllFeatures, 2, Polarity::bright);
}

constexpr LayoutCase kBayerLayouts[] = {{PixelLayout::bayer_rggb, PixelFormat::bgr8},
                                        {PixelLayout::bayer_bggr, PixelFormat::bgr8},
                                        {PixelLayout::bayer_grbg, PixelFormat::bgr8},
                                        {PixelLayout::bayer_gbrg, PixelFormat::bgr8}};

TEST(CellLabelLaunch, BayerIsDemosaicedAsTheHostsSourcesDoIt) {
  for (const LayoutCase& layout : kBayerLayouts) {
    for (const auto& [width, height] :
         {std::pair{3, 3}, {4, 5}, {63, 8}, {64, 7}, {65, 16}, {66, 17}, {128, 9}, {129, 33}, {512, 20}}) {
      expect_threshold(width, height, Connectivity::exact8, layout, contract::kAllFeatures, 2, Polarity::bright);
    }
    expect_threshold(130, 50, Connectivity::cell, layout, contract::kAllFeatures, 3, Polarity::dark);
  }
}

SegmentParameters colour_classes(int count) {
  SegmentParameters segment;
  segment.method = SegmentMethod::colour;
  for (int k = 0; k < count; ++k) {
    ColourClass c;
    c.name = std::to_string(k);
    c.hue_low = static_cast<uint8_t>(230 + 32 * k);
    c.hue_high = static_cast<uint8_t>(c.hue_low + 45);
    c.saturation_low = static_cast<uint8_t>(20 * k);
    segment.classes.push_back(c);
  }
  return segment;
}

void expect_colours(int width, int height, Connectivity mode, const LayoutCase& layout, int classes, uint8_t features,
                    uint32_t frame_count) {
  const SegmentParameters segment = colour_classes(classes);
  contract::CellLabelJob job = make_job(width, height, mode, features);
  job.segmentation = Segmentation::colour_table;
  job.classes = static_cast<uint8_t>(classes);
  Scene scene(job, layout, frame_count, 1);
  const std::vector<uint8_t> table = make_colour_table(segment.classes);
  std::memcpy(scene.launch.colour_table(), table.data(), table.size());
  scene.expect_as(segment);
}

TEST(CellLabelLaunch, ColourTableWithOneAndEightClasses) {
  for (const Connectivity mode : kModes) {
    for (const LayoutCase& layout : {kPlainLayouts[2], kPlainLayouts[3], kBayerLayouts[1]}) {
      expect_colours(100, 40, mode, layout, 1, 0, 2);
      expect_colours(77, 31, mode, layout, 8, contract::kFeatureHlac | contract::kFeatureHue, 3);
    }
  }
}

TEST(CellLabelLaunch, GivenMasksOfSeveralFramesAndClasses) {
  for (const Connectivity mode : kModes) {
    for (const uint8_t features : {uint8_t{0}, contract::kShapeFeatures}) {
      for (const uint32_t gap : {0u, 3u}) {
        Launch launch;
        launch.job = make_job(203, 87, mode, features);
        launch.job.classes = 3;
        launch.frame_count = 4;
        launch.sequence = 0xFFFFFFFE;  // wraps
        launch.lay_out(gap);
        std::vector<BitImage> masks;
        for (uint32_t i = 0; i < 12; ++i) {
          masks.push_back(test::noise(203, 87, i % 4 == 0 ? 0 : 0.2 * (i % 5), i));
          for (uint32_t y = 0; y < 87; ++y) {
            // Pixels past the row's end are set and must not count.
            const uint32_t bytes = (203 + 7) / 8;
            uint8_t* const row = launch.mask_row(i / 3, i % 3, y);
            std::memcpy(row, masks.back().row(static_cast<int>(y)), bytes);
            row[bytes - 1] |= static_cast<uint8_t>(0xFF << (203 % 8));
          }
        }
        launch.run(kernel_for(launch.job));
        EXPECT_TRUE(launch.results.guards_untouched());
        for (uint32_t i = 0; i < 12; ++i) expect_pass(launch, i / 3, i % 3, masks[i], {});
      }
    }
  }
}

TEST(CellLabelLaunch, AreaLimits) {
  for (const Connectivity mode : kModes) {
    contract::CellLabelJob job = make_job(160, 90, mode, contract::kFeatureHlac);
    job.min_area = 3;
    job.max_area = 12;
    job.segmentation = Segmentation::threshold;
    job.threshold = 220;
    SegmentParameters segment;
    segment.method = SegmentMethod::threshold;
    segment.threshold = 220;
    Scene(job, kPlainLayouts[0], 2).expect_as(segment);
  }
}

/// A full region holds as many objects as fit, and with the room that the contract asks for the first max_objects.
TEST(CellLabelLaunch, FullResultRegions) {
  constexpr int kWidth = 190, kHeight = 100;
  for (const Connectivity mode : kModes) {
    const BitImage mask =
        mode == Connectivity::cell
            ? test::drawn(kWidth, kHeight, [](int x, int y) { return x % 16 == 3 && y % 16 <= x / 16; })
            : test::noise(kWidth, kHeight, 0.1, 4);
    for (const uint32_t max_objects : {1u, 7u, 40u}) {
      Launch launch;
      launch.job = make_job(kWidth, kHeight, mode, contract::kFeatureHlac);
      launch.job.capacity = max_objects + 2 * contract::objects_of_cell_row(mode, kWidth);
      launch.frame_count = 2;
      launch.lay_out(5);
      for (uint32_t frame = 0; frame < 2; ++frame) {
        for (int y = 0; y < kHeight; ++y) {
          std::memcpy(launch.mask_row(frame, 0, static_cast<uint32_t>(y)), mask.row(y), (kWidth + 7) / 8);
        }
      }
      const ObjectTable all = reference(launch.job, mask, {}, 0);
      ASSERT_GT(all.objects.size(), max_objects);
      contract::LabelParameters limited = parameters_of(launch.job);
      limited.max_objects = max_objects;
      ObjectTable wanted;
      make_reference_labeller(limited)->label(mask, {}, 0, wanted);
      launch.run(kernel_for(launch.job));
      EXPECT_TRUE(launch.results.guards_untouched());
      for (uint32_t frame = 0; frame < 2; ++frame) {
        const PassResult result = launch.result(frame, 0);
        EXPECT_EQ(result.header.objects, std::min<size_t>(launch.job.capacity, all.objects.size()));
        EXPECT_EQ(result.header.objects + result.header.lost, all.objects.size());
        EXPECT_TRUE(launch.rest_untouched(frame, 0));
        for (const contract::ObjectRecord& object : wanted.objects) {
          const bool there = std::any_of(result.objects.begin(), result.objects.end(),
                                         [&](const auto& o) { return std::memcmp(&o, &object, sizeof o) == 0; });
          EXPECT_TRUE(there) << "object at pixel " << object.first_pixel;
        }
      }
    }
  }
}

TEST(CellLabelLaunch, NoRoomForObjectsStillCounts) {
  Launch launch;
  launch.job = make_job(64, 64, Connectivity::exact8, 0);
  launch.job.capacity = 0;
  launch.lay_out();
  const BitImage mask = test::noise(64, 64, 0.1, 4);
  for (uint32_t y = 0; y < 64; ++y) std::memcpy(launch.mask_row(0, 0, y), mask.row(static_cast<int>(y)), 8);
  launch.run(kernel_for(launch.job));
  const PassResult result = launch.result(0, 0);
  EXPECT_EQ(result.header.objects, 0u);
  EXPECT_EQ(result.header.lost, reference(launch.job, mask, {}, 0).objects.size());
  EXPECT_TRUE(launch.results.guards_untouched());
}

/// A job that does not fit is answered in the first header, and nothing else is written.
void expect_refused(const contract::CellLabelJob& job, ResultStatus status, const char* why,
                    kernels::CellLabelKernel kernel = cell_label_cell_full_512_v3) {
  SCOPED_TRACE(why);
  Launch launch;
  launch.job = make_job(600, 600, Connectivity::cell, 0);
  launch.job.capacity = 10;
  launch.frame_count = 2;
  launch.sequence = 77;
  launch.lay_out();
  launch.job = job;
  launch.run(kernel);
  contract::ResultHeader header;
  std::memcpy(&header, launch.results.bytes(0), sizeof header);
  EXPECT_EQ(header.status, status);
  EXPECT_EQ(header.contract_version, contract::kContractVersion);
  EXPECT_EQ(header.sequence, 77u);
  EXPECT_EQ(header.objects, 0u);
  for (size_t i = 1; i < launch.results.size(); ++i) ASSERT_TRUE(launch.results.untouched(static_cast<ptrdiff_t>(i)));
  EXPECT_TRUE(launch.results.guards_untouched());
}

TEST(CellLabelLaunch, JobsThatDoNotFitAreRefused) {
  Launch good;
  good.job = make_job(100, 50, Connectivity::cell, contract::kFeatureHlac);
  good.job.layout = PixelLayout::rgb8;
  good.job.capacity = 4;
  good.lay_out();
  const auto refused = [&](const char* why, auto change) {
    contract::CellLabelJob job = good.job;
    change(job);
    expect_refused(job, ResultStatus::bad_job, why);
  };
  using Job = contract::CellLabelJob;
  refused("no width", [](Job& j) { j.width = 0; });
  refused("no height", [](Job& j) { j.height = 0; });
  refused("513 px wide", [](Job& j) { j.width = 513, j.mask_row_words = 2, j.mask_words = 200; });
  refused("513 px high", [](Job& j) { j.height = 513, j.mask_words = 600; });
  refused("exact8", [](Job& j) { j.connectivity = Connectivity::exact8; });
  refused("unknown connectivity", [](Job& j) { j.connectivity = static_cast<Connectivity>(3); });
  refused("unknown feature", [](Job& j) { j.features = 8, j.result_words = 100; });
  refused("hue of grey", [](Job& j) { j.features = contract::kFeatureHue, j.layout = PixelLayout::grey8; });
  refused("intensity without pixels",
          [](Job& j) { j.features = contract::kFeatureIntensity, j.layout = PixelLayout::none; });
  refused("no class", [](Job& j) { j.classes = 0; });
  refused("nine classes", [](Job& j) { j.classes = 9; });
  refused("two thresholds", [](Job& j) { j.segmentation = Segmentation::threshold, j.classes = 2; });
  refused("no minimum of a cell", [](Job& j) { j.min_cell_pixels = 0; });
  refused("65 pixels in a cell", [](Job& j) { j.min_cell_pixels = 65; });
  refused("unknown segmentation", [](Job& j) { j.segmentation = static_cast<Segmentation>(3); });
  refused("unknown layout", [](Job& j) { j.layout = static_cast<PixelLayout>(9); });
  refused("threshold without pixels",
          [](Job& j) { j.segmentation = Segmentation::threshold, j.layout = PixelLayout::none; });
  refused("colours of grey",
          [](Job& j) { j.segmentation = Segmentation::colour_table, j.layout = PixelLayout::grey8; });
  refused("too many objects for the region", [](Job& j) { j.capacity = 5; });
  refused("wraps in 32 bits", [](Job& j) { j.capacity = 0x40000000; });
  refused("rows that overlap", [](Job& j) { j.segmentation = Segmentation::threshold, j.row_words = 4; });
  refused("frames that overlap", [](Job& j) { j.segmentation = Segmentation::threshold, j.frame_words -= 1; });
  refused("mask rows without words", [](Job& j) { j.mask_row_words = 0; });
  refused("masks that overlap", [](Job& j) { j.mask_words -= 1; });
  refused("mosaic of two columns",
          [](Job& j) { j.segmentation = Segmentation::threshold, j.layout = PixelLayout::bayer_rggb, j.width = 2; });
  contract::CellLabelJob other = good.job;
  other.contract_version = contract::kContractVersion + 1;
  expect_refused(other, ResultStatus::wrong_version, "another contract");
  expect_refused(good.job, ResultStatus::bad_job, "mode cell", cell_label_exact_full_512_v3);
  other = good.job;
  other.features = contract::kFeatureHue;
  expect_refused(other, ResultStatus::bad_job, "hue", cell_label_cell_shape_512_v3);
}

TEST(CellLabelLaunch, NoFramesNoWrites) {
  Launch launch;
  launch.job = make_job(64, 64, Connectivity::cell, 0);
  launch.job.capacity = 4;
  launch.lay_out();
  launch.frame_count = 0;
  launch.run(kernel_for(launch.job));
  for (size_t i = 0; i < launch.results.size(); ++i) EXPECT_TRUE(launch.results.untouched(static_cast<ptrdiff_t>(i)));
}

TEST(CellLabelLaunch, EveryBuildHasItsTopFunction) {
  for (int i = 0; i < contract::kCellLabelBuildCount; ++i) {
    EXPECT_EQ(kernels::top_function(contract::find_build(contract::kCellLabelBuilds[i].name)),
              kernels::kCellLabelKernels[i]);
  }
  EXPECT_EQ(kernels::top_function(contract::find_build("cell_label")), nullptr);
  EXPECT_EQ(kernels::top_function(contract::find_build("cell_label_cell_full_512_v3")), cell_label_cell_full_512_v3);
}

}  // namespace
}  // namespace flashcell::host
