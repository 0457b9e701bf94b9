// One launch in memory and back: what is written is what is read, for any parameters; the offsets are the contract's.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "host/label/labeller.hpp"
#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "kernels_hls/contract/kernel_description.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::PixelLayout;
using contract::ResultStatus;
using contract::Segmentation;

constexpr std::byte kJunk{0xA5};

contract::LabelParameters random_parameters(std::mt19937& random) {
  contract::LabelParameters label;
  label.width = 1 + random() % 200;
  label.height = 1 + random() % 100;
  label.max_objects = 1 + random() % 40;
  label.min_area = random() % 5;
  label.max_area = 1000 + random() % 1000;
  label.connectivity = static_cast<Connectivity>(random() % 3);
  label.features = static_cast<uint8_t>(random() % 2 == 0 ? 0 : contract::kFeatureHlac);
  label.min_cell_pixels = static_cast<uint8_t>(1 + random() % 64);
  label.saturation_floor = static_cast<uint8_t>(random());
  label.value_floor = static_cast<uint8_t>(random());
  return label;
}

BitImage random_mask(const contract::LabelParameters& label, std::mt19937& random) {
  return test::noise(static_cast<int>(label.width), static_cast<int>(label.height), 0.25, random());
}

TEST(LaunchLayoutTest, APlanGivesItsParametersBack) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const contract::LabelParameters label = random_parameters(random);
    const LaunchLayout layout = plan_launch(label, {}, 1);
    contract::LabelParameters back = label_parameters_of(layout.job);
    EXPECT_LE(back.max_objects, label.max_objects + 2 * contract::objects_of_cell_row(label.connectivity, label.width));
    back.max_objects = label.max_objects;
    EXPECT_EQ(back.width, label.width);
    EXPECT_EQ(back.height, label.height);
    EXPECT_EQ(back.min_area, label.min_area);
    EXPECT_EQ(back.max_area, label.max_area);
    EXPECT_EQ(back.connectivity, label.connectivity);
    EXPECT_EQ(back.features, label.features);
    EXPECT_EQ(back.min_cell_pixels, label.min_cell_pixels);
    EXPECT_EQ(back.saturation_floor, label.saturation_floor);
    EXPECT_EQ(back.value_floor, label.value_floor);
  }
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8, PixelFormat::bgr8})
    EXPECT_EQ(format_of(layout_of(format)), format);
}

TEST(LaunchLayoutTest, PlacesAreTheContracts) {
  contract::LabelParameters label;
  label.width = 70;
  label.height = 9;
  label.max_objects = 1000000;  // more than there can be
  label.features = contract::kAllFeatures;
  const LaunchLayout rgb = plan_launch(label, {PixelLayout::rgb8, Segmentation::colour_table, 0, false, 3}, 2);
  EXPECT_EQ(rgb.row_bytes(), 256u) << "210 bytes in whole words of 64";
  EXPECT_EQ(rgb.frame_at(1), 256u * 9);
  EXPECT_EQ(rgb.frame_masks_bytes(), 0u);
  EXPECT_EQ(rgb.job.capacity, 35u * 5);
  EXPECT_EQ(rgb.object_bytes(), 64u + 192);
  EXPECT_EQ(rgb.region_at(1, 2), 5 * rgb.region_bytes());
  EXPECT_EQ(rgb.parameters_buffer_bytes(), 36864u) << "64 bytes and a table of 32 KiB, in whole pages";
  const LaunchLayout given = plan_launch(label, {PixelLayout::grey16, Segmentation::given, 0, false, 2}, 1);
  EXPECT_EQ(given.job.layout, PixelLayout::grey16) << "for its intensity";
  EXPECT_EQ(given.mask_row_bytes(), 64u);
  EXPECT_EQ(given.mask_at(1, 1), 3u * 64 * 9);
  label.features = contract::kFeatureHlac;
  EXPECT_EQ(plan_launch(label, {}, 1).frame_bytes(), 0u) << "nobody reads pixels";
}

TEST(LaunchFramesTest, FramesAndMasksComeBack) {
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    const contract::LabelParameters label = random_parameters(random);
    const auto format = static_cast<PixelFormat>(random() % 4);
    const LaunchLayout layout =
        plan_launch(label, {layout_of(format), i % 2 ? Segmentation::given : Segmentation::threshold, 7}, 1);
    const size_t row_bytes = label.width * static_cast<size_t>(bytes_per_pixel(format));
    std::vector<uint8_t> pixels((row_bytes + 3) * label.height);
    for (uint8_t& p : pixels) p = static_cast<uint8_t>(random());
    FrameView view{pixels.data(), static_cast<int>(label.width), static_cast<int>(label.height),
                   static_cast<ptrdiff_t>(row_bytes + 3), format};
    std::vector<std::byte> memory(layout.frames_buffer_bytes(), kJunk);
    write_frame(layout, view, memory.data());
    const FrameView back = view_of_frame(layout, memory.data());
    ASSERT_EQ(back.width, view.width);
    ASSERT_EQ(back.height, view.height);
    if (layout.host_segments()) {
      ASSERT_EQ(back.data, nullptr);
    } else {
      ASSERT_EQ(back.format, format);
      for (int y = 0; y < view.height; ++y) ASSERT_EQ(std::memcmp(back.row(y), view.row(y), row_bytes), 0);
    }

    const std::vector<BitImage> masks{random_mask(label, random), random_mask(label, random)};
    const LaunchLayout given = plan_launch(label, {PixelLayout::grey8, Segmentation::given, 0, false, 2}, 1);
    memory.assign(given.masks_buffer_bytes(), kJunk);
    write_masks(given, masks, memory.data());
    for (uint32_t k = 0; k < 2; ++k) {
      // The rest of a row's last word is not the mask's, whatever stands there.
      const size_t word = given.mask_at(0, k) + label.width / 64 * 8;
      if (label.width % 64 != 0) memory[word + 7] |= std::byte{0x80};
      BitImage mask(view.width, view.height);
      read_mask(given, std::span(memory).subspan(given.mask_at(0, k)), mask);
      for (int y = 0; y < view.height; ++y)
        for (int w = 0; w < mask.words_per_row(); ++w) ASSERT_EQ(mask.row(y)[w], masks[k].row(y)[w]);
    }
  }
}

TEST(LaunchResultsTest, ATableComesBackAsALabellerGivesIt) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    contract::LabelParameters label = random_parameters(random);
    const LaunchLayout layout = plan_launch(label, {}, 1);
    const BitImage mask = random_mask(label, random);
    ObjectTable expected, all, found;
    make_reference_labeller(label)->label(mask, {}, 2, expected);
    // As a kernel does it: as many as the region holds, and the host takes the first.
    make_reference_labeller(label_parameters_of(layout.job))->label(mask, {}, 2, all);
    std::vector<std::byte> region(layout.region_bytes(), kJunk);
    ResultWriter().write(layout, all, 9, 2, region);
    const contract::ResultHeader header = read_header(region.data());
    EXPECT_EQ(header.class_id, 2u);
    ASSERT_EQ(header_problem(layout, header, 9), nullptr);
    ASSERT_EQ(ResultReader(label.max_objects).append(layout, header, region.data(), 2, found), nullptr);
    ASSERT_EQ(found.objects.size(), expected.objects.size());
    ASSERT_EQ(found.features.size(), expected.features.size());
    for (size_t o = 0; o < found.objects.size(); ++o) {
      EXPECT_EQ(std::memcmp(&found.objects[o], &expected.objects[o], sizeof found.objects[o]), 0);
    }
    for (size_t o = 0; o < found.features.size(); ++o)
      EXPECT_EQ(std::memcmp(&found.features[o], &expected.features[o], sizeof found.features[o]), 0);
    EXPECT_EQ(std::memcmp(&found.summary, &expected.summary, sizeof expected.summary), 0);
  }
}

// A build that measures less or more than this one's: what both know is read, the rest is 0.
TEST(LaunchResultsTest, AKernelSaysHowManyWordsAnObjectHas) {
  contract::LabelParameters label;
  label.width = label.height = 64;
  label.features = contract::kFeatureHlac;
  label.max_objects = 4;
  const LaunchLayout layout = plan_launch(label, {}, 1);
  for (const uint32_t words : {2u, 3u, 4u, 1 + contract::kMostFeatureWords}) {
    std::vector<std::byte> region(contract::kWordBytes * (1 + 2 * words));
    contract::ResultHeader header{};
    header.status = ResultStatus::done;
    header.objects = 2;
    header.object_words = words;
    contract::ObjectFeatures features{};
    std::memset(&features, 7, sizeof features);
    for (uint32_t i = 0; i < 2; ++i) {
      contract::ObjectRecord record{};
      record.first_pixel = i;
      std::memcpy(region.data() + object_at(header, i), &record, sizeof record);
      std::memcpy(region.data() + object_at(header, i) + sizeof record, &features, contract::kWordBytes * (words - 1));
    }
    ASSERT_EQ(header_problem(layout, header, 0), nullptr);
    ObjectTable table;
    ASSERT_EQ(ResultReader(4).append(layout, header, region.data(), 0, table), nullptr);
    ASSERT_EQ(table.features.size(), 2u);
    std::memset(reinterpret_cast<char*>(&features) + contract::kWordBytes * (words - 1), 0,
                sizeof features - contract::kWordBytes * (words - 1));
    for (const auto& found : table.features) EXPECT_EQ(std::memcmp(&found, &features, sizeof found), 0) << words;
  }
  contract::ResultHeader header{};
  header.status = ResultStatus::done;
  header.object_words = 2 + contract::kMostFeatureWords;
  EXPECT_STREQ(header_problem(layout, header, 0), "the kernel wrote a damaged result");
}

TEST(LaunchResultsTest, ARefusalSaysWhy) {
  std::vector<std::byte> region(contract::kWordBytes, kJunk);
  write_refusal(ResultStatus::bad_job, 3, region);
  EXPECT_STREQ(header_problem({}, read_header(region.data()), 3), "the kernel refused the job");
}

TEST(LaunchResultsTest, TellsOldAndDamagedResultsFromGoodOnes) {
  LaunchLayout layout;
  layout.job.capacity = 5;
  layout.job.result_words = 6;
  layout.job.height = 10;
  contract::ResultHeader header{};
  header.object_words = 1;
  header.status = ResultStatus::done;
  header.sequence = 4;
  header.objects = 5;
  EXPECT_EQ(header_problem(layout, header, 4), nullptr);
  EXPECT_STREQ(header_problem(layout, header, 5), "the kernel wrote no result");
  header.objects = 6;
  EXPECT_STREQ(header_problem(layout, header, 4), "the kernel wrote a damaged result");
  header.objects = 3;
  header.object_words = 2;  // behind the region's end
  EXPECT_STREQ(header_problem(layout, header, 4), "the kernel wrote a damaged result");
  header.object_words = 0;
  EXPECT_STREQ(header_problem(layout, header, 4), "the kernel wrote a damaged result");
  header.object_words = 1;
  header.status = ResultStatus::wrong_version;
  EXPECT_STREQ(header_problem(layout, header, 4), "the kernel speaks another contract version");

  header.status = ResultStatus::done;
  header.objects = 1;
  std::vector<std::byte> region(2 * contract::kWordBytes);
  contract::ObjectRecord record{};
  record.bottom = 10;  // the frame ends at 9
  std::memcpy(region.data() + contract::kWordBytes, &record, sizeof record);
  ObjectTable table;
  EXPECT_STREQ(ResultReader(5).append(layout, header, region.data(), 0, table), "the kernel wrote a damaged result");
  record.bottom = 9;
  std::memcpy(region.data() + contract::kWordBytes, &record, sizeof record);
  EXPECT_EQ(ResultReader(5).append(layout, header, region.data(), 3, table), nullptr);
  ASSERT_EQ(table.objects.size(), 1u);
  EXPECT_EQ(table.objects[0].class_id, 3u);
}

}  // namespace
}  // namespace flashcell::host
