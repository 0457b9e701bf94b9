// No stage depends on how a tool builds its pipelines: flushable or stalling, as deep as stated or much deeper, between
// FIFOs as declared or of one place, every kernel ends and writes the same words.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "kernels_hls/cell_label/stream_kernels.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "tests/kernels_hls/cell_label/kernel_launch.hpp"
#include "tests/support/masks.hpp"

namespace flashcell {
namespace {

using contract::Connectivity;
using flashcell_emulation::PipelineStyle;
using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;
using host::BitImage;
using kernels::Beat;

struct Named {
  std::string name;
  BitImage picture;
};

std::vector<Named> worst_pictures(int width, int height) {
  const int radius = std::min({10, width / 3, height / 3});
  const auto drawn = [&](auto pixel) { return test::drawn(width, height, pixel); };
  return {
      {"empty", drawn([](int, int) { return false; })},
      {"full", drawn([](int, int) { return true; })},
      {"chessboard", drawn([](int x, int y) { return (x + y) % 2 == 0; })},
      {"single pixels", drawn([](int x, int y) { return x % 2 == 0 && y % 2 == 0; })},
      {"single cells", drawn([](int x, int y) { return x % 16 == 3 && y % 16 == 3; })},
      {"comb", drawn([=](int x, int y) { return x % 2 == 0 || y == height - 1; })},
      {"comb of cells", drawn([=](int x, int y) { return x / 8 % 2 == 0 || y >= height - 8; })},
      {"hanging comb", drawn([](int x, int y) { return x % 2 == 0 || y == 0; })},
      {"spiral", test::spiral(width, height, 2)},
      {"wide spiral", test::spiral(width, height, 16)},
      {"one disc", test::discs(width, height, 1, radius, 1)},
      {"a hundred discs", test::discs(width, height, 100, radius, 1)},
      {"noise 5 %", test::noise(width, height, 0.05, 2)},
      {"noise 50 %", test::noise(width, height, 0.5, 2)},
  };
}

test::Launch launch_of(const BitImage& mask, Connectivity mode, uint32_t count) {
  test::Launch launch;
  launch.frame_count = count;
  contract::CellLabelJob& job = launch.job;
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(mask.width());
  job.height = static_cast<uint16_t>(mask.height());
  job.max_area = 0xFFFFFFFFu;
  job.capacity = static_cast<uint32_t>(mask.width() * mask.height()) / 4 + 1;
  job.threshold = 128;
  job.layout = contract::PixelLayout::grey8;
  job.segmentation = contract::Segmentation::threshold;
  job.connectivity = mode;
  job.features = contract::kFeatureHlac;
  job.classes = job.min_cell_pixels = 1;
  launch.lay_out();
  for (uint32_t f = 0; f < count; ++f) {
    for (uint32_t y = 0; y < job.height; ++y) {
      for (int x = 0; x < mask.width(); ++x) launch.frame_row(f, y)[x] = mask.get(x, static_cast<int>(y)) ? 200 : 20;
    }
  }
  return launch;
}

bool same_results(test::Launch& a, test::Launch& b) {
  return std::memcmp(a.results.bytes(0), b.results.bytes(0), a.results.size() * contract::kWordBytes) == 0;
}

/// Words that the streaming kernel sends for a launch of the kernel on memory.
std::vector<kernels::Word> expected_words(test::Launch& launch) {
  std::vector<kernels::Word> words;
  for (uint32_t f = 0; f < launch.frame_count; ++f) {
    const kernels::Word* region = launch.results.words() + size_t{f} * launch.job.result_words;
    const uint32_t count = launch.result(f, 0).header.objects * contract::words_per_object(launch.job.features);
    words.insert(words.end(), region + 1, region + 1 + count);
    words.push_back(region[0]);
  }
  return words;
}

std::vector<kernels::Word> streamed_words(test::Launch& launch, const SimulationOptions& options) {
  hls::stream<Beat> input("input"), output("output");
  const auto send = [&](const void* bytes, size_t count) {
    uint64_t lanes[kernels::kLanes] = {};
    std::memcpy(lanes, bytes, count);
    Beat beat;
    beat.data = kernels::word_of(lanes);
    input.write(beat);
  };
  const contract::CellLabelJob& job = launch.job;
  send(&job, sizeof job);
  for (uint32_t f = 0; f < launch.frame_count; ++f) {
    for (uint32_t y = 0; y < job.height; ++y) {
      for (size_t at = 0; at < job.width; at += contract::kWordBytes)
        send(launch.frame_row(f, y) + at, std::min<size_t>(job.width - at, contract::kWordBytes));
    }
  }
  const auto kernel = job.connectivity == Connectivity::cell ? cell_label_stream_cell_shape_512_v3
                                                             : cell_label_stream_exact_shape_512_v3;
  const Simulation simulation(options);
  kernel(input, output, launch.frame_count, launch.sequence);
  std::vector<kernels::Word> words;
  while (!output.empty()) words.push_back(output.read().data);
  return words;
}

/// As declared, in both styles.
std::vector<SimulationOptions> styles() {
  std::vector<SimulationOptions> both(2);
  both[1].style = PipelineStyle::stalling;
  return both;
}

/// As a tool may build it.
std::vector<SimulationOptions> ways_to_build() {
  std::vector<SimulationOptions> all;
  for (const PipelineStyle style : {PipelineStyle::flushable, PipelineStyle::stalling}) {
    for (const int deeper : {0, 37}) {
      SimulationOptions options;
      options.style = style;
      options.deeper = deeper;
      all.push_back(options);
      for (const char* fifo : {"words", "groups", "windows", "parts", "measured", "orders", "object_words"})
        options.depths[fifo] = 1;
      all.push_back(options);
    }
  }
  return all;
}

void expect_same(const BitImage& picture, uint32_t frames, const std::string& name,
                 const std::vector<SimulationOptions>& ways) {
  for (const Connectivity mode : {Connectivity::cell, Connectivity::exact8, Connectivity::exact4}) {
    const auto kernel = mode == Connectivity::cell ? cell_label_cell_shape_512_v3 : cell_label_exact_shape_512_v3;
    test::Launch expected = launch_of(picture, mode, frames);
    expected.run(kernel);
    ASSERT_EQ(expected.result(frames - 1, 0).header.status, contract::ResultStatus::done);
    const std::vector<kernels::Word> words = expected_words(expected);
    for (const SimulationOptions& options : ways) {
      SCOPED_TRACE(name + ", mode " + std::to_string(static_cast<int>(mode)) +
                   (options.style == PipelineStyle::stalling ? ", stalling" : ", flushable") + ", deeper by " +
                   std::to_string(options.deeper) + (options.depths.empty() ? "" : ", FIFOs of one place"));
      test::Launch launch = launch_of(picture, mode, frames);
      ASSERT_NO_THROW({
        const Simulation simulation(options);
        launch.run(kernel);
      });
      ASSERT_TRUE(same_results(expected, launch));
      ASSERT_NO_THROW(ASSERT_TRUE(streamed_words(launch, options) == words));
    }
  }
}

TEST(CellLabelStyles, WorstPicturesOfAFullFrame) {
  for (const auto& [name, picture] : worst_pictures(512, 512)) expect_same(picture, 1, name, styles());
}

TEST(CellLabelStyles, WorstPicturesInARow) {
  for (const auto& [name, picture] : worst_pictures(130, 77)) expect_same(picture, 3, name, ways_to_build());
}

/// So small that many frames are on their way through the stages at once.
TEST(CellLabelStyles, ManySmallFrames) {
  for (const auto& [name, picture] : worst_pictures(16, 9)) expect_same(picture, 100, name, ways_to_build());
}

/// Colours, masks and every feature, with a class after the other.
TEST(CellLabelStyles, ColourClassesAndMasks) {
  using contract::PixelLayout;
  using contract::Segmentation;
  for (const auto& [layout, segmentation] : {std::pair{PixelLayout::rgb8, Segmentation::colour_table},
                                             {PixelLayout::bayer_rggb, Segmentation::colour_table},
                                             {PixelLayout::rgb8, Segmentation::given},
                                             {PixelLayout::grey16, Segmentation::given}}) {
    for (const Connectivity mode : {Connectivity::cell, Connectivity::exact8}) {
      const auto kernel = mode == Connectivity::cell ? cell_label_cell_full_512_v3 : cell_label_exact_full_512_v3;
      const auto make = [&, layout = layout, segmentation = segmentation] {
        test::Launch launch = launch_of(test::noise(150, 60, 0.3, 4), mode, 2);
        contract::CellLabelJob& job = launch.job;
        job.layout = layout;
        job.segmentation = segmentation;
        job.features = layout == PixelLayout::grey16 ? contract::kFeatureHlac | contract::kFeatureIntensity
                                                     : contract::kAllFeatures;
        job.classes = 2;
        launch.lay_out();
        uint32_t random = 9;
        const auto fill = [&](test::BoardMemory& memory) {
          for (size_t i = 0; i < memory.size() * contract::kWordBytes; ++i) {
            random = random * 1664525u + 1013904223u;
            memory.bytes(0)[i] = static_cast<uint8_t>(random >> 24);
          }
        };
        fill(launch.frames), fill(launch.masks), fill(launch.parameters);
        return launch;
      };
      test::Launch expected = make();
      expected.run(kernel);
      ASSERT_EQ(expected.result(1, 1).header.status, contract::ResultStatus::done);
      ASSERT_GT(expected.result(1, 1).header.objects, 0u);
      for (const SimulationOptions& options : ways_to_build()) {
        test::Launch launch = make();
        ASSERT_NO_THROW({
          const Simulation simulation(options);
          launch.run(kernel);
        });
        ASSERT_TRUE(same_results(expected, launch));
      }
    }
  }
}

}  // namespace
}  // namespace flashcell
