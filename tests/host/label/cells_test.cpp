#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "host/label/labeller.hpp"
#include "host/label/unpack_cells.hpp"
#include "pipeline/cells.hpp"

namespace flashcell::host {
namespace {

BitImage random_mask(int width, int height, uint32_t one_in, std::mt19937& random) {
  BitImage mask(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (random() % one_in == 0) mask.set(x, y);
    }
  }
  return mask;
}

constexpr int kSizes[][2] = {{1, 1}, {8, 8}, {9, 7}, {64, 64}, {65, 17}, {130, 40}, {640, 48}};

TEST(LabelCells, CellsAreTheMaskInAnotherOrder) {
  std::mt19937 random(1);
  for (const auto& [width, height] : kSizes) {
    const BitImage mask = random_mask(width, height, 3, random);
    std::vector<uint64_t> cells(cell_count(width, height));
    pack_cells(mask, cells);
    BitImage back(width, height);
    back.set(0, 0);
    unpack_cells(cells, back);
    const size_t columns = static_cast<size_t>(contract::cells_for(width));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        ASSERT_EQ(cells[cell_of(x, y, columns)] >> bit_in_cell(x, y) & 1, mask.get(x, y) ? 1u : 0u);
        ASSERT_EQ(back.get(x, y), mask.get(x, y)) << x << ", " << y << " of " << width << "x" << height;
      }
    }
  }
}

// The same bytes from a mask and from cells, whoever labels.
TEST(LabelCells, EveryLabellerTakesThem) {
  std::mt19937 random(2);
  for (const auto& [width, height] : kSizes) {
    for (const auto connectivity :
         {contract::Connectivity::exact8, contract::Connectivity::exact4, contract::Connectivity::cell}) {
      for (const uint32_t one_in : {2u, 9u, 60u}) {
        contract::LabelParameters p;
        p.width = static_cast<uint32_t>(width);
        p.height = static_cast<uint32_t>(height);
        p.max_objects = 300;
        p.connectivity = connectivity;
        p.min_cell_pixels = static_cast<uint8_t>(1 + one_in % 3);
        p.features = contract::kFeatureHlac;
        const BitImage mask = random_mask(width, height, one_in, random);
        std::vector<uint64_t> cells(cell_count(width, height));
        pack_cells(mask, cells);
        for (const bool fast : {false, true}) {
          const auto labeller = fast ? make_fast_labeller(p) : make_reference_labeller(p);
          ObjectTable from_mask, from_cells;
          from_mask.reserve(p);
          from_cells.reserve(p);
          labeller->label(mask, {}, 0, from_mask);
          BitImage scratch(width, height);
          labeller->label_cells(cells, scratch, 0, from_cells);
          ASSERT_EQ(from_cells.objects.size(), from_mask.objects.size());
          ASSERT_EQ(from_cells.features.size(), from_mask.features.size());
          EXPECT_EQ(std::memcmp(&from_cells.summary, &from_mask.summary, sizeof from_mask.summary), 0);
          for (size_t i = 0; i < from_mask.objects.size(); ++i) {
            EXPECT_EQ(std::memcmp(&from_cells.objects[i], &from_mask.objects[i], sizeof from_mask.objects[i]), 0);
            EXPECT_EQ(std::memcmp(&from_cells.features[i], &from_mask.features[i], sizeof from_mask.features[i]), 0);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace flashcell::host
