#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "host/hls/hls_labeller.hpp"
#include "host/label/labeller.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::LabelParameters;

constexpr Connectivity kModes[] = {Connectivity::cell, Connectivity::exact8, Connectivity::exact4};
using contract::kAllFeatures;

LabelParameters parameters_for(const BitImage& mask, Connectivity connectivity,
                               uint8_t features = contract::kFeatureHlac) {
  LabelParameters p;
  p.width = static_cast<uint32_t>(mask.width());
  p.height = static_cast<uint32_t>(mask.height());
  p.connectivity = connectivity;
  p.features = features;
  p.max_objects = 1u << 20;
  return p;
}

ObjectTable run(Labeller& labeller, const BitImage& mask, const FrameView& pixels) {
  ObjectTable table;
  labeller.label(mask, pixels, 0, table);
  return table;
}

/// Byte for byte.
template <class Records>
bool same_bytes(const Records& a, const Records& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0);
}

bool same(const ObjectTable& a, const ObjectTable& b) {
  return std::memcmp(&a.summary, &b.summary, sizeof a.summary) == 0 && same_bytes(a.objects, b.objects) &&
         same_bytes(a.features, b.features);
}

void expect_same(const BitImage& mask, const LabelParameters& parameters, const FrameView& pixels = {}) {
  const ObjectTable expected = run(*make_reference_labeller(parameters), mask, pixels);
  const ObjectTable kernel = run(*make_hls_labeller(parameters), mask, pixels);
  EXPECT_TRUE(same(expected, kernel)) << mask.width() << 'x' << mask.height() << " mode "
                                      << static_cast<int>(parameters.connectivity) << ": " << expected.objects.size()
                                      << " objects expected, the kernel has " << kernel.objects.size();
}

void expect_same_in_all_modes(const BitImage& mask) {
  for (const Connectivity mode : kModes) expect_same(mask, parameters_for(mask, mode));
}

TEST(CellLabelKernel, NoiseOfEveryDensityAndSize) {
  uint32_t seed = 0;
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 40}, {40, 1}, {7, 9}, {8, 8}, {64, 64}, {131, 77}, {200, 24}}) {
    for (const double density : {0.0, 0.01, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.99, 1.0}) {
      expect_same_in_all_modes(test::noise(width, height, density, ++seed));
    }
  }
}

TEST(CellLabelKernel, WorstCasePictures) {
  for (const auto& [width, height] : {std::pair{96, 96}, {77, 50}}) {
    for (const int pitch : {2, 3, 5, 9, 16}) {
      expect_same_in_all_modes(test::spiral(width, height, pitch));
      // Combs open to all four sides: teeth that a bar joins first or last.
      const int w = width, h = height;
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return x % pitch == 0 || y == h - 1; }));
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return x % pitch == 0 || y == 0; }));
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return y % pitch == 0 || x == w - 1; }));
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return y % pitch == 0 || x == 0; }));
      // Diagonals, which only corners join.
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return (x + y) % pitch == 0; }));
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return (x - y + 1000 * pitch) % pitch == 0; }));
      // Chessboards.
      expect_same_in_all_modes(test::drawn(w, h, [=](int x, int y) { return (x / pitch + y / pitch) % 2 == 0; }));
    }
    expect_same_in_all_modes(test::drawn(width, height, [](int x, int y) { return (x + y) % 2 == 0; }));
  }
}

/// Nested U shapes: the arms of all are different objects until their bottoms join them, innermost first.
TEST(CellLabelKernel, MergeCascades) {
  for (const int pitch : {2, 3, 8, 9}) {
    const auto nested = [=](int x, int y) {
      const int from_middle = x < 80 ? 79 - x : x - 80;
      const int ring = std::max(from_middle, y - 20);
      return ring % pitch == 0 && y >= 0;
    };
    expect_same_in_all_modes(test::drawn(160, 120, nested));
    expect_same_in_all_modes(test::drawn(160, 120, [=](int x, int y) { return nested(x, 119 - y); }));
    // A binary tree of joins, the roots below.
    expect_same_in_all_modes(test::drawn(256, 90, [=](int x, int y) {
      const int level = y / 10;
      const int step = 2 << level;
      return y % 10 == 9 ? x / step % 2 == 0 && x >= step / 2 : x % step == step / 2;
    }));
  }
}

/// One labeller for many frames: nothing of a frame may stay behind in the next.
TEST(CellLabelKernel, FramesDoNotTouchEachOther) {
  for (const Connectivity mode : kModes) {
    const LabelParameters parameters = parameters_for(BitImage(90, 70), mode);
    const auto reference = make_reference_labeller(parameters), kernel = make_hls_labeller(parameters);
    for (uint32_t seed = 0; seed < 30; ++seed) {
      const BitImage mask = test::noise(90, 70, seed % 3 == 0 ? 0.02 : seed % 3 == 1 ? 0.5 : 0.9, seed);
      EXPECT_TRUE(same(run(*reference, mask, {}), run(*kernel, mask, {}))) << seed;
    }
  }
}

/// Every pattern of occupied cells in 3x3 cells, with one pixel at a place of its own in each cell.
TEST(CellLabelKernel, EveryOccupancyOfNineCells) {
  const LabelParameters parameters = parameters_for(BitImage(24, 24), Connectivity::cell);
  const auto reference = make_reference_labeller(parameters), kernel = make_hls_labeller(parameters);
  for (int pattern = 0; pattern < 512; ++pattern) {
    BitImage mask(24, 24);
    for (int cell = 0; cell < 9; ++cell) {
      if ((pattern >> cell) & 1)
        mask.set(cell % 3 * 8 + (cell * 5 + pattern) % 8, cell / 3 * 8 + (cell * 3 + pattern / 8) % 8);
    }
    ASSERT_TRUE(same(run(*reference, mask, {}), run(*kernel, mask, {}))) << pattern;
  }
}

/// Every pattern of 4x4 pixels around the corner where four cells meet, and of 2x8 across an edge.
TEST(CellLabelKernel, EveryPatternAcrossCellBorders) {
  for (const Connectivity mode : {Connectivity::exact8, Connectivity::exact4}) {
    const LabelParameters parameters = parameters_for(BitImage(16, 16), mode, 0);
    const auto reference = make_reference_labeller(parameters), kernel = make_hls_labeller(parameters);
    for (int pattern = 0; pattern < 65536; pattern += 1) {
      BitImage corner(16, 16);
      for (int i = 0; i < 16; ++i) {
        if ((pattern >> i) & 1) corner.set(6 + i % 4, 6 + i / 4);
      }
      ASSERT_TRUE(same(run(*reference, corner, {}), run(*kernel, corner, {}))) << pattern;
    }
    for (int pattern = 0; pattern < 65536; pattern += 1) {
      BitImage edges(16, 16);
      for (int i = 0; i < 8; ++i) {
        if ((pattern >> i) & 1) edges.set(4 + i, 7);
        if ((pattern >> (8 + i)) & 1) edges.set(4 + i, 8);
      }
      ASSERT_TRUE(same(run(*reference, edges, {}), run(*kernel, edges, {}))) << pattern;
    }
  }
}

TEST(CellLabelKernel, MinimumCellPixels) {
  for (const int minimum : {1, 2, 5, 20, 64}) {
    for (const double density : {0.03, 0.3, 0.95}) {
      const BitImage mask = test::noise(100, 60, density, static_cast<uint32_t>(minimum));
      LabelParameters parameters = parameters_for(mask, Connectivity::cell);
      parameters.min_cell_pixels = static_cast<uint8_t>(minimum);
      expect_same(mask, parameters);
    }
  }
}

TEST(CellLabelKernel, PixelFeatures) {
  std::mt19937 random(3);
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8, PixelFormat::bgr8}) {
    const ptrdiff_t stride = 91 * bytes_per_pixel(format) + 2;
    std::vector<uint8_t> bytes(static_cast<size_t>(stride) * 45);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    const FrameView pixels{bytes.data(), 91, 45, stride, format};
    for (const double density : {0.1, 0.5, 1.0}) {
      const BitImage mask = test::noise(91, 45, density, 1);
      for (const Connectivity mode : kModes) {
        LabelParameters parameters = parameters_for(mask, mode, kAllFeatures);
        if (!is_colour(format)) parameters.features &= static_cast<uint8_t>(~contract::kFeatureHue);
        parameters.saturation_floor = 90;
        parameters.value_floor = 60;
        expect_same(mask, parameters, pixels);
      }
    }
  }
}

/// The largest sums that a frame can give, on the border of the narrow tables and past it.
TEST(CellLabelKernel, FullFramesOverflowNoSum) {
  for (const auto& [width, height] : {std::pair{512, 512}, {513, 16}, {16, 513}}) {
    const BitImage mask = test::drawn(width, height, [](int, int) { return true; });
    const std::vector<uint8_t> bytes(static_cast<size_t>(width) * height * 2, 255);
    const FrameView pixels{bytes.data(), width, height, ptrdiff_t{2} * width, PixelFormat::grey16};
    for (const Connectivity mode : kModes) {
      expect_same(mask, parameters_for(mask, mode, contract::kFeatureHlac | contract::kFeatureIntensity), pixels);
    }
  }
}

TEST(CellLabelKernel, LargestFrame) {
  const BitImage mask = test::discs(4096, 4096, 300, 40, 5);
  for (const Connectivity mode : kModes) expect_same(mask, parameters_for(mask, mode, 0));
}

TEST(CellLabelKernel, WidestRowsWithManyObjectsAlive) {
  for (const double density : {0.02, 0.3, 0.55}) expect_same_in_all_modes(test::noise(4096, 40, density, 7));
  expect_same_in_all_modes(test::drawn(4096, 40, [](int x, int y) { return x % 2 == 0 || y == 39; }));
}

TEST(CellLabelKernel, AreaFilterAndFullTable) {
  const BitImage mask = test::noise(200, 120, 0.15, 9);
  for (const Connectivity mode : kModes) {
    for (const uint32_t max_objects : {1u, 10u, 100u, 1000u}) {
      LabelParameters parameters = parameters_for(mask, mode);
      parameters.max_objects = max_objects;
      parameters.min_area = 2;
      parameters.max_area = 30;
      expect_same(mask, parameters);
    }
  }
}

/// Colour classes share a table.
TEST(CellLabelKernel, SeveralMasksInOneTable) {
  const BitImage first = test::noise(64, 64, 0.1, 1), second = test::noise(64, 64, 0.1, 2);
  LabelParameters parameters = parameters_for(first, Connectivity::exact8);
  parameters.max_objects = 400;
  ObjectTable expected, kernel;
  const auto reference_labeller = make_reference_labeller(parameters), kernel_labeller = make_hls_labeller(parameters);
  for (const auto& [labeller, table] :
       {std::pair{reference_labeller.get(), &expected}, {kernel_labeller.get(), &kernel}}) {
    labeller->label(first, {}, 2, *table);
    labeller->label(second, {}, 5, *table);
  }
  EXPECT_TRUE(same(expected, kernel));
  EXPECT_EQ(kernel.objects.back().class_id, 5u);
  EXPECT_GT(kernel.summary.lost, 0u);
}

}  // namespace
}  // namespace flashcell::host
