// What the joining stages promise the gathering one and the rest of the pipeline, on any picture.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "kernels_hls/cell_label/cell_label.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::kernels {
namespace {

using contract::Connectivity;

/// The build with more labels than it has: to see how many a picture would take.
template <int kMaxSide>
struct Roomy : Sizes<kMaxSide, false, contract::kShapeFeatures> {
  static constexpr int kLabels = kMaxSide;
  using Label = ap_uint<bits_for(kLabels)>;
};

/// What a command reads and writes of the table of features, against what was there before.
template <class S>
class TableRules {
 public:
  void expect(const LabelCommand<S>& command) {
    ++clock_;
    EXPECT_LE(command.load + command.merge + command.fetch, 1) << "one read a clock";
    EXPECT_TRUE(!command.load || command.other == command.label);
    if (command.load || command.merge || command.fetch) {
      const int label = command.other.to_int();
      EXPECT_GE(clock_ - written_[label], 2) << "an object is read two clocks after it was written, or later";
      EXPECT_GT(written_[label], 0) << "it was written";
    }
    if (command.cell || command.merge) {
      EXPECT_TRUE(command.begin || command.load || command.label.to_int() == open_) << "the object is open";
      open_ = command.label.to_int();
      written_[open_] = clock_;
    } else if (command.load) {
      open_ = command.label.to_int();
    }
    if (command.leaves) {
      EXPECT_EQ(command.word.to_int(), word_);
      word_ = (word_ + 1) % 4;
    }
  }

 private:
  int clock_ = 0, open_ = -1, word_ = 0;
  std::vector<int> written_ = std::vector<int>(S::kLabels + 1, -100);
};

struct Picture {
  uint32_t columns, rows, frames;
  std::function<bool(uint32_t frame, uint32_t row, uint32_t column)> occupied;
};

/// Foreground pixels of a cell; any number will do.
uint32_t pixels_of(uint64_t cell) {
  return static_cast<uint32_t>(1 + cell * cell % 64);
}

struct Taken {
  int labels;  ///< at once
  uint64_t clocks;
};

template <class S>
Taken join_picture(const Picture& picture, bool with_features = true) {
  Job job{};
  job.columns = picture.columns;
  job.rows = picture.rows;
  job.passes = job.frames = picture.frames;
  job.classes = 1;
  job.features = with_features ? contract::kFeatureHlac : 0;
  const uint64_t in_frame = uint64_t{picture.rows} * picture.columns, cells = picture.frames * in_frame;
  const auto join = std::make_unique<CellJoin<S>>(job);
  TableRules<S> rules;
  uint64_t i = 0;
  uint32_t ends = 0;
  for (; !join->idle(cells, i); ++i) {
    const bool occupied = i < cells && picture.occupied(static_cast<uint32_t>(i / in_frame),
                                                        static_cast<uint32_t>(i % in_frame / picture.columns),
                                                        static_cast<uint32_t>(i % picture.columns));
    const LabelCommand<S> command = join->step(occupied, i < cells ? pixels_of(i) : 0);
    EXPECT_EQ(command.cell, occupied) << "a cell a clock";
    if (with_features) rules.expect(command);
    if (!command.end) continue;
    uint32_t foreground = 0;
    for (uint64_t cell = ends * in_frame; cell < (ends + 1) * in_frame; ++cell) foreground += pixels_of(cell);
    EXPECT_EQ(command.foreground.to_uint64(), foreground) << "of frame " << ends;
    ++ends;
  }
  EXPECT_EQ(ends, picture.frames);
  EXPECT_EQ(join->free_labels().count(), S::kLabels) << "all labels are free after a launch";
  EXPECT_LE(join->leaving().most_frames(), LeavingObjects<S>::kFrames) << "there is a place for each frame that ends";
  return {S::kLabels - join->free_labels().lowest_count(), i};
}

/// The worst that README.md's argument allows: every second cell of every second row, the rows odd in one frame and
/// even in the next, so that objects of two rows complete one after the other.
Picture isolated_cells(uint32_t columns, uint32_t rows) {
  return {columns, rows, 3, [](uint32_t frame, uint32_t row, uint32_t column) {
            return column % 2 == 0 && row % 2 == (frame == 0 ? 1 : 0);
          }};
}

TEST(CellLabelCommands, TheWorstPictureTakesTheLabelsThatTheArgumentSays) {
  for (const uint32_t columns : {8u, 16u, 40u, 64u}) {
    for (const uint32_t rows : {2u, 6u, 64u}) {
      EXPECT_EQ(join_picture<Roomy<512>>(isolated_cells(columns, rows)).labels, static_cast<int>(3 * columns / 4));
    }
  }
  EXPECT_EQ(join_picture<Roomy<1024>>(isolated_cells(128, 128)).labels, 96);
  EXPECT_LE(96, (Sizes<1024, false, contract::kShapeFeatures>::kLabels));
  EXPECT_LE(48, (Sizes<512, false, contract::kShapeFeatures>::kLabels));
}

/// Rows of many kinds, cut anywhere.
std::vector<std::vector<bool>> random_rows(uint32_t columns, size_t count, std::mt19937& random) {
  std::vector<std::vector<bool>> rows;
  for (size_t i = 0; i < count; ++i) {
    std::vector<bool> row(columns);
    const uint32_t density = test::below(random, 1000), cut = test::below(random, columns + 1);
    const uint32_t kinds[2] = {test::below(random, 8), test::below(random, 8)};
    for (uint32_t c = 0; c < columns; ++c) {
      const uint32_t kind = kinds[c < cut ? 0 : 1];
      row[c] = kind == 0   ? c % 2 == 0
               : kind == 1 ? c % 2 == 1
               : kind == 2 ? false
               : kind == 3 ? true
               : kind == 4 ? c % 4 == 0
               : kind == 5 ? c % 3 == 0
                           : test::below(random, 1000) < density;
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(CellLabelCommands, NoPictureTakesMoreLabelsOrClocks) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 400; ++trial) {
    const uint32_t columns = 8 * (1 + test::below(random, 8)), rows = 2 * (1 + test::below(random, 6)), frames = 3;
    const auto pattern = random_rows(columns, size_t{rows} * frames, random);
    const Picture picture{columns, rows, frames, [&](uint32_t frame, uint32_t row, uint32_t column) -> bool {
                            return pattern[frame * rows + row][column];
                          }};
    const Taken taken = join_picture<Roomy<512>>(picture);
    EXPECT_LE(taken.labels, static_cast<int>(3 * columns / 4));
    // A cell a clock; the last row's objects complete after it; two rows' objects may wait to leave.
    EXPECT_LE(taken.clocks, uint64_t{columns} * rows * frames + columns + 2 * columns + 8);
    join_picture<Sizes<512, false, contract::kShapeFeatures>>(picture);
    join_picture<Sizes<512, false, contract::kShapeFeatures>>(picture, false);
  }
}

/// Every pattern of three rows of five cells, between full rows and empty ones.
TEST(CellLabelCommands, EveryPatternOfFifteenCells) {
  for (uint32_t pattern = 0; pattern < (1u << 15); ++pattern) {
    const Picture picture{8, 4, 2, [=](uint32_t frame, uint32_t row, uint32_t column) {
                            const bool in_pattern = row < 3 && column < 5;
                            return in_pattern ? ((pattern >> (5 * row + column)) & 1) != 0
                                              : frame == 1 && row == 3 && column % 2 == 0;
                          }};
    ASSERT_LE(join_picture<Roomy<512>>(picture).labels, 6);
  }
}

/// Clocks of the joining loop of the exact modes for one frame, given as its pixels.
template <class S>
uint64_t join_parts_of(const host::BitImage& mask, Connectivity connectivity, uint64_t& parts) {
  Job job{};
  job.columns = static_cast<uint32_t>(8 * mask.words_per_row());
  job.rows = static_cast<uint32_t>(mask.padded_height() / 8);
  job.passes = job.frames = job.classes = 1;
  job.features = contract::kFeatureHlac;
  job.connectivity = connectivity;
  hls::stream<CellWindow<S>> windows;
  hls::stream<Part<S>> split;
  hls::stream<MeasuredPart<S>> measured;
  hls::stream<Order<S>> orders;
  uint64_t foreground = 0;
  for (uint32_t row = 0; row < job.rows; ++row) {
    for (uint32_t column = 0; column < job.columns; ++column) {
      CellWindow<S> window{};
      for (uint32_t r = 0; r < 8; ++r) {
        const uint64_t word = mask.row(static_cast<int>(8 * row + r))[column / 8];
        window.planes[0] |= (word >> (8 * (column % 8)) & 0xFF) << (8 * r);
      }
      windows.write(window);
      foreground += static_cast<uint64_t>(popcount(window.planes[0]));
    }
  }
  split_parts<S>(job, windows, split);
  measure_stage<S>(job, split, measured);
  join_parts<S>(job, measured, orders);
  TableRules<S> rules;
  uint64_t clocks = 0;
  parts = 0;
  for (Order<S> order = orders.read(); !order.command.stop; order = orders.read(), ++clocks) {
    rules.expect(order.command);
    parts += order.command.cell;
    EXPECT_TRUE(!order.command.cell || order.part.n > 0) << "the part comes with its command";
    EXPECT_TRUE(!order.command.end || order.command.foreground.to_uint64() == foreground);
  }
  return clocks;
}

TEST(CellLabelCommands, ExactModesKeepTheRulesAndTheirBound) {
  using S = Sizes<512, true, contract::kShapeFeatures>;
  const auto check = [](const host::BitImage& mask) {
    for (const Connectivity connectivity : {Connectivity::exact8, Connectivity::exact4}) {
      uint64_t parts = 0;
      const uint64_t clocks = join_parts_of<S>(mask, connectivity, parts);
      const uint64_t cells = static_cast<uint64_t>(8 * mask.words_per_row()) * (mask.padded_height() / 8);
      const uint64_t flush = static_cast<uint64_t>(8 * mask.words_per_row()) + 8;
      // README.md: a part takes one clock, one to read its object, at most one merge and one more read for it, its
      // object's runs at most 8 checks a cell, and its object four words on its way out.
      EXPECT_LE(clocks, 9 * (cells + flush) + 8 * parts);
    }
  };
  for (const double density : {0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0}) check(test::noise(200, 120, density, 3));
  check(test::drawn(256, 128, [](int x, int y) { return (x + y) % 2 == 0; }));
  check(test::drawn(256, 128, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; }));
  check(test::drawn(256, 128, [](int x, int y) { return x % 2 == 0 || y == 127; }));
  check(test::drawn(256, 128, [](int x, int) { return x % 2 == 0; }));
  check(test::spiral(128, 128, 2));
  check(test::spiral(128, 128, 3));
}

/// The goal of 8 clocks a cell on ordinary pictures, with loops of two clocks.
TEST(CellLabelCommands, ExactModesTakeFourTurnsOfALoopForAnOrdinaryCellAtMost) {
  using S = Sizes<512, true, contract::kShapeFeatures>;
  for (const int radius : {3, 8, 30}) {
    const host::BitImage mask = test::discs(512, 512, 20000 / (radius * radius), radius, 6);
    uint64_t parts = 0;
    EXPECT_LE(join_parts_of<S>(mask, Connectivity::exact8, parts), uint64_t{4} * 64 * 64) << radius;
  }
}

}  // namespace
}  // namespace flashcell::kernels
