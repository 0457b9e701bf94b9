// The streaming kernels give, word for word, what the kernels on memory give.
#include "kernels_hls/cell_label/stream_kernels.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "kernels_hls/emulation/simulation.hpp"
#include "tests/kernels_hls/cell_label/kernel_launch.hpp"

namespace flashcell {
namespace {

using contract::Connectivity;
using contract::PixelLayout;
using kernels::Beat;
using kernels::Word;

test::Launch noise_launch(uint16_t width, uint16_t height, PixelLayout layout, Connectivity mode, uint32_t seed) {
  test::Launch launch;
  launch.frame_count = 3;
  launch.sequence = 40;
  contract::CellLabelJob& job = launch.job;
  job.contract_version = contract::kContractVersion;
  job.width = width;
  job.height = height;
  job.min_area = 2;
  job.max_area = 0xFFFFFFFFu;
  job.capacity = 40;  // not always enough
  job.threshold = layout == PixelLayout::grey16 ? 40000 : 160;
  job.layout = layout;
  job.segmentation = contract::Segmentation::threshold;
  job.connectivity = mode;
  job.features = contract::kFeatureHlac;
  job.classes = job.min_cell_pixels = 1;
  launch.lay_out();
  std::mt19937 random(seed);
  for (uint32_t f = 0; f < launch.frame_count; ++f) {
    for (uint32_t y = 0; y < height; ++y) {
      for (uint32_t i = 0; i < width * contract::bytes_of(layout); ++i)
        launch.frame_row(f, y)[i] = static_cast<uint8_t>(random());
    }
  }
  return launch;
}

Beat beat_of(const void* bytes, size_t count) {
  uint64_t lanes[kernels::kLanes] = {};
  std::memcpy(lanes, bytes, count);
  Beat beat;
  beat.data = kernels::word_of(lanes);
  return beat;
}

void send(test::Launch& launch, hls::stream<Beat>& input) {
  const contract::CellLabelJob& job = launch.job;
  input.write(beat_of(&job, sizeof job));
  const uint32_t words = (job.width + 63u) / 64 * contract::bytes_of(job.layout);
  const size_t row_bytes = size_t{job.width} * contract::bytes_of(job.layout);
  for (uint32_t f = 0; f < launch.frame_count; ++f) {
    for (uint32_t y = 0; y < job.height; ++y) {
      for (size_t at = 0; at < size_t{words} * contract::kWordBytes; at += contract::kWordBytes) {
        const size_t left = row_bytes > at ? std::min<size_t>(row_bytes - at, contract::kWordBytes) : 0;
        input.write(beat_of(launch.frame_row(f, y) + at, left));
      }
    }
  }
}

/// Objects' words, then the header, of each frame: as the memory has them.
void expect_same_words(test::Launch& launch, hls::stream<Beat>& output) {
  for (uint32_t f = 0; f < launch.frame_count; ++f) {
    const size_t region = size_t{f} * launch.job.result_words;
    const uint32_t words = launch.result(f, 0).header.objects * contract::words_per_object(launch.job.features);
    for (uint32_t i = 1; i <= words; ++i) {
      const Beat beat = output.read();
      ASSERT_TRUE(beat.data == launch.results.words()[region + i]) << "frame " << f << ", word " << i;
      ASSERT_EQ(beat.last.to_int(), 0);
    }
    const Beat header = output.read();
    ASSERT_TRUE(header.data == launch.results.words()[region]) << "frame " << f;
    ASSERT_EQ(header.last.to_int(), 1);
  }
  EXPECT_TRUE(output.empty());
}

TEST(CellLabelStream, GivesWhatTheKernelOnMemoryGives) {
  uint32_t seed = 0;
  for (const PixelLayout layout : {PixelLayout::grey8, PixelLayout::grey16}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {20, 9}, {64, 64}, {200, 77}, {512, 33}}) {
      for (const bool exact : {false, true}) {
        const Connectivity mode = exact ? Connectivity::exact8 : Connectivity::cell;
        test::Launch launch =
            noise_launch(static_cast<uint16_t>(width), static_cast<uint16_t>(height), layout, mode, ++seed);
        hls::stream<Beat> input("input"), output("output");
        send(launch, input);
        launch.run(exact ? cell_label_exact_shape_512_v3 : cell_label_cell_shape_512_v3);
        const auto kernel = exact ? cell_label_stream_exact_shape_512_v3 : cell_label_stream_cell_shape_512_v3;
        const flashcell_emulation::Simulation bounded;
        kernel(input, output, launch.frame_count, launch.sequence);
        expect_same_words(launch, output);
      }
    }
  }
}

TEST(CellLabelStream, AWordAClockFromTheFirstToTheLast) {
  test::Launch launch = noise_launch(512, 512, PixelLayout::grey8, Connectivity::cell, 3);
  hls::stream<Beat> input("input"), output("output");
  send(launch, input);
  const flashcell_emulation::Simulation simulation;
  cell_label_stream_cell_shape_512_v3(input, output, launch.frame_count, 0);
  EXPECT_LE(simulation.report().cycles, 3 * 4096 + 300);
}

TEST(CellLabelStream, RefusesWhatItCannotDo) {
  for (int wrong = 0; wrong < 4; ++wrong) {
    test::Launch launch = noise_launch(64, 8, PixelLayout::grey8, Connectivity::cell, 1);
    if (wrong == 0) launch.job.contract_version += 1;
    if (wrong == 1) launch.job.layout = PixelLayout::rgb8;
    if (wrong == 2) launch.job.segmentation = contract::Segmentation::given;
    if (wrong == 3) launch.job.width = 513;
    hls::stream<Beat> input("input"), output("output");
    input.write(beat_of(&launch.job, sizeof launch.job));
    cell_label_stream_cell_shape_512_v3(input, output, 3, 0);
    const Beat answer = output.read();
    contract::ResultHeader header;
    std::memcpy(&header, &answer.data, sizeof header);
    EXPECT_EQ(header.status, wrong == 0 ? contract::ResultStatus::wrong_version : contract::ResultStatus::bad_job);
    EXPECT_EQ(answer.last.to_int(), 1);
    EXPECT_TRUE(input.empty() && output.empty());
  }
}

}  // namespace
}  // namespace flashcell
