// What the kernel's README claims about clocks and FIFOs, by the cycle model of its own sources.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "host/label/labeller.hpp"
#include "kernels_hls/emulation/find_depths.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "tests/kernels_hls/cell_label/kernel_launch.hpp"
#include "tests/support/masks.hpp"

namespace flashcell {
namespace {

using contract::Connectivity;
using flashcell_emulation::CycleReport;
using flashcell_emulation::PipelineStyle;
using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;
using host::BitImage;

constexpr int kSide = 512;
constexpr int64_t kPassClocks = 4096;  // 512 * 512 pixels, 64 a clock
constexpr int64_t kTail = 300;         // README: from the last pixel in to the last word out

/// `count` equal grey frames with a mask's pixels bright, for a build by its place in contract::kCellLabelBuilds.
test::Launch launch_of(const BitImage& mask, Connectivity mode, uint32_t count) {
  test::Launch launch;
  launch.frame_count = count;
  contract::CellLabelJob& job = launch.job;
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(mask.width());
  job.height = static_cast<uint16_t>(mask.height());
  job.max_area = 0xFFFFFFFFu;
  job.capacity = 1u << 16;
  job.threshold = 128;
  job.layout = contract::PixelLayout::grey8;
  job.segmentation = contract::Segmentation::threshold;
  job.connectivity = mode;
  job.features = contract::kFeatureHlac;
  job.classes = job.min_cell_pixels = 1;
  launch.lay_out();
  for (uint32_t f = 0; f < count; ++f) {
    for (int y = 0; y < mask.height(); ++y) {
      for (int x = 0; x < mask.width(); ++x) {
        launch.frame_row(f, static_cast<uint32_t>(y))[x] = mask.get(x, y) ? 200 : 20;
      }
    }
  }
  return launch;
}

CycleReport report_of(const BitImage& mask, Connectivity mode, uint32_t count,
                      PipelineStyle style = PipelineStyle::flushable) {
  test::Launch launch = launch_of(mask, mode, count);
  const auto kernel = mode == Connectivity::cell ? cell_label_cell_shape_512_v3 : cell_label_exact_shape_512_v3;
  SimulationOptions options;
  options.style = style;
  const Simulation simulation(options);
  launch.run(kernel);
  EXPECT_EQ(launch.result(count - 1, 0).header.status, contract::ResultStatus::done);
  return simulation.report();
}

/// Pictures that press each stage: empty, full, every density, isolated cells and pixels, combs, spirals, merges.
std::vector<BitImage> hard_pictures(int side) {
  std::vector<BitImage> pictures;
  for (const double density : {0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.99, 1.0})
    pictures.push_back(test::noise(side, side, density, 7));
  const std::function<bool(int, int)> shapes[] = {
      [](int x, int y) { return x / 8 % 2 == 0 && y / 8 % 2 == 0; },
      [](int x, int y) { return (x / 8 + y / 8) % 2 == 0; },
      [=](int x, int y) { return x / 8 % 2 == 0 || y >= side - 8; },
      [](int x, int y) { return x / 8 % 2 == 0 && y / 8 % 4 != 3; },
      [](int x, int y) { return y / 8 % 2 == 0 && x / 8 % 8 != 7; },
      [](int x, int y) { return x % 2 == 0 && y % 2 == 0; },
      [](int x, int y) { return (x + y) % 2 == 0; },
  };
  for (const auto& shape : shapes) pictures.push_back(test::drawn(side, side, shape));
  for (const int pitch : {2, 16}) pictures.push_back(test::spiral(side, side, pitch));
  return pictures;
}

TEST(CellLabelCycles, CellModeTakesSixtyFourPixelsAClockWhateverThePicture) {
  for (const BitImage& picture : hard_pictures(kSide)) {
    for (const auto& [frames, style] :
         {std::pair{1u, PipelineStyle::flushable}, {3u, PipelineStyle::flushable}, {3u, PipelineStyle::stalling}}) {
      const CycleReport report = report_of(picture, Connectivity::cell, frames, style);
      EXPECT_GE(report.cycles, frames * kPassClocks);
      EXPECT_LE(report.cycles, frames * kPassClocks + kTail);
      // Where objects fill every clock of the results, a header takes one more: the stages before it, up to the one
      // that reads the frames, feel that as far as their FIFOs do not. Nothing else holds the frames up.
      EXPECT_LE(report.stage("read_frames")->waits_output, frames == 1 ? 0 : frames - 1)
          << (style == PipelineStyle::stalling ? "stalling" : "flushable");
      for (const auto& stage : report.region("cell_label")->stages)
        EXPECT_LE(stage.waits_output, 2 * frames) << stage.name;
    }
  }
}

// Every occupancy of a strip three cells wide and four high: all ways in which objects begin, join and end there.
TEST(CellLabelCycles, NoMergePatternOfANarrowFrameStalls) {
  for (uint32_t pattern = 0; pattern < (1u << 12); ++pattern) {
    const BitImage picture =
        test::drawn(24, 32, [=](int x, int y) { return ((pattern >> (3 * (y / 8) + x / 8)) & 1) != 0; });
    const CycleReport report = report_of(picture, Connectivity::cell, 1);
    ASSERT_LE(report.cycles, 8 * 4 + kTail) << pattern;  // eight columns by four rows of cells
    for (const auto& stage : report.region("cell_label")->stages) ASSERT_EQ(stage.waits_output, 0) << pattern;
  }
}

TEST(CellLabelCycles, ExactModesTakeEightPixelsAClockOfOrdinaryPictures) {
  for (const int discs : {0, 100, 1000}) {
    const CycleReport report =
        report_of(test::discs(kSide, kSide, discs, discs == 1000 ? 4 : 10, 3), Connectivity::exact8, 1);
    EXPECT_LE(report.cycles, kSide * kSide / 8) << discs << " discs";
  }
}

/// Connected parts inside of the cells, all cells together.
int64_t parts_of(const BitImage& picture, Connectivity mode) {
  int64_t parts = 0;
  BitImage cell(8, 8);
  contract::LabelParameters parameters;
  parameters.width = parameters.height = 8;
  parameters.connectivity = mode;
  const auto labeller = host::make_reference_labeller(parameters);
  for (int y = 0; y < picture.height(); y += 8) {
    for (int x = 0; x < picture.width(); x += 8) {
      cell = test::drawn(8, 8, [&](int dx, int dy) { return picture.get(x + dx, y + dy); });
      ObjectTable table;
      table.reserve(parameters);
      labeller->label(cell, {}, 0, table);
      parts += table.summary.objects;
    }
  }
  return parts;
}

// README: at most 9 turns a cell and 8 a part, two clocks each; a row of empty cells below the frame's.
TEST(CellLabelCycles, ExactModesKeepTheirBound) {
  constexpr int kSmall = 128, kCells = (kSmall / 8) * (kSmall / 8 + 2);
  for (const BitImage& picture : hard_pictures(kSmall)) {
    for (const Connectivity mode : {Connectivity::exact8, Connectivity::exact4}) {
      const int64_t most = 2 * (9 * kCells + 8 * parts_of(picture, mode));
      EXPECT_LE(report_of(picture, mode, 1).cycles, most + kTail);
    }
  }
}

/// Every FIFO is as deep as the hardest pictures want it, and one place less than they want is noticed.
void expect_depths_suffice(Connectivity mode, int side) {
  std::vector<test::Launch> launches;
  for (const BitImage& picture : hard_pictures(side)) launches.push_back(launch_of(picture, mode, 2));
  const auto kernel = mode == Connectivity::cell ? cell_label_cell_shape_512_v3 : cell_label_exact_shape_512_v3;
  const auto run = [&] {
    for (test::Launch& launch : launches) launch.run(kernel);
  };
  const auto search = flashcell_emulation::find_smallest_depths(run);
  ASSERT_FALSE(search.depths.empty());

  const auto declared = [&] {
    const Simulation simulation;
    run();
    return simulation.report();
  }();
  EXPECT_EQ(declared.cycles, search.cycles);
  for (const auto& [name, smallest] : search.depths) {
    ASSERT_NE(declared.fifo(name), nullptr) << name;
    EXPECT_GE(declared.fifo(name)->depth, smallest) << name;
    if (smallest == 1) continue;
    SimulationOptions options;
    options.depths = search.depths;
    options.depths[name] = smallest - 1;
    int64_t cycles = -1;  // a deadlock
    try {
      const Simulation simulation(options);
      run();
      cycles = simulation.report().cycles;
    } catch (const flashcell_emulation::Deadlock&) {
    }
    EXPECT_TRUE(cycles < 0 || cycles > search.cycles) << name << " needs no more than " << smallest - 1;
  }
}

TEST(CellLabelCycles, FifosOfCellModeAreDeepEnough) {
  expect_depths_suffice(Connectivity::cell, 128);
}

}  // namespace
}  // namespace flashcell
