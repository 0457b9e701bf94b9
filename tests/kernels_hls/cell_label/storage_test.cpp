#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "kernels_hls/cell_label/storage.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::kernels {
namespace {

constexpr uint8_t kShape = contract::kShapeFeatures, kAll = contract::kAllFeatures;

std::string readme() {
  std::ifstream file(test::source_dir() / "kernels_hls/cell_label/README.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// With a message that shows the text looked for, not the whole README.
void expect_in_readme(const std::string& row) {
  EXPECT_NE(readme().find(row), std::string::npos) << row;
}

double kilo(long long bits) {
  return static_cast<double>(bits) / 1000;
}

template <class S>
std::string storage_row(const char* build) {
  const Storage s = storage<S>();
  return fmt::format("| {} | {} | {} | {} | {} | {} | {:.1f} |", build, S::kLabels, s.rows, s.border, s.features,
                     s.fifos, kilo(s.total()));
}

template <class S>
std::string whole_row(const char* build) {
  const ColourStorage colour = colour_storage<S>();
  return fmt::format("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |", build, kilo(storage<S>().total()),
                     kilo(port_bits()), kilo(colour.class_table),
                     kilo(colour.bayer_rows + (S::kHue ? colour.reciprocals : 0)), kilo(memory_build_bits<S>()));
}

/// What a kernel on memory keeps beside that.
TEST(CellLabelStorage, ReadmeTableOfWholeKernelsIsCounted) {
  expect_in_readme(whole_row<Sizes<512, false, kShape>>("`cell_shape_512`"));
  expect_in_readme(whole_row<Sizes<512, false, kAll>>("`cell_full_512`"));
  expect_in_readme(whole_row<Sizes<1024, false, kShape>>("`cell_shape_1024`"));
  expect_in_readme(whole_row<Sizes<1024, false, kAll>>("`cell_full_1024`"));
  expect_in_readme(whole_row<Sizes<512, true, kShape>>("`exact_shape_512`"));
  expect_in_readme(whole_row<Sizes<512, true, kAll>>("`exact_full_512`"));
  EXPECT_EQ(port_bits(), 786432);
  EXPECT_EQ((colour_storage<Sizes<512, false, kShape>>().class_table), 22LL * 32 * 32 * 32);
  EXPECT_EQ(ColourClassTable::kCopies, kColourPixels) << "a copy for each pixel that is looked up in a clock";
}

/// The README's tables are what the sources count.
TEST(CellLabelStorage, ReadmeTableIsCounted) {
  expect_in_readme(storage_row<Sizes<512, false, kShape>>("`cell_shape_512`"));
  expect_in_readme(storage_row<Sizes<512, false, kAll>>("`cell_full_512`"));
  expect_in_readme(storage_row<Sizes<1024, false, kShape>>("`cell_shape_1024`"));
  expect_in_readme(storage_row<Sizes<1024, false, kAll>>("`cell_full_1024`"));
  expect_in_readme(storage_row<Sizes<512, true, kShape>>("`exact_shape_512`"));
  expect_in_readme(storage_row<Sizes<512, true, kAll>>("`exact_full_512`"));
  expect_in_readme(storage_row<Sizes<1024, true, kShape>>("`exact_shape_1024`"));
  expect_in_readme(storage_row<Sizes<1024, true, kAll>>("`exact_full_1024`"));
}

TEST(CellLabelStorage, ReadmeTableOfColourIsCounted) {
  const ColourStorage small = colour_storage<Sizes<512, false, kAll>>();
  const ColourStorage large = colour_storage<Sizes<1024, false, kAll>>();
  expect_in_readme(fmt::format("| {} | {} |", small.class_table, large.class_table));
  expect_in_readme(fmt::format("| {} | {} |", small.bayer_rows, large.bayer_rows));
  expect_in_readme(fmt::format("| {} | {} |", small.reciprocals, large.reciprocals));
}

TEST(CellLabelStorage, ShapeBuildsOfCellModeAreWithinTheGoal) {
  EXPECT_LE((storage<Sizes<512, false, kShape>>().total()), 48000);
  EXPECT_LE((storage<Sizes<1024, false, kShape>>().total()), 96000);
}

struct Inner {
  ap_uint<5> five;
  bool one;
  template <class Visit>
  void fields(Visit& visit) const {
    visit(five), visit(one);
  }
};
struct Outer {
  Inner inner[3];
  uint64_t word;
  ap_uint<7> table[2][4];
  template <class Visit>
  void fields(Visit& visit) const {
    visit(inner), visit(word), visit(table);
  }
};

TEST(CellLabelStorage, FieldsAreCountedByTheirWidths) {
  EXPECT_EQ(bits_of<Outer>(), 3 * 6 + 64 + 2 * 4 * 7);
  EXPECT_EQ((FifoBits<hls::stream<Inner, 9>>::count()), 9 * 6);
}

/// What a build does not measure it does not keep.
TEST(CellLabelStorage, FeaturesThatAreNotMeasuredTakeNoBits) {
  using Plain = Sizes<512, false, 0>;
  using Hlac = Sizes<512, false, contract::kFeatureHlac>;
  using Hue = Sizes<512, false, contract::kFeatureHue>;
  using Grey = Sizes<512, false, contract::kFeatureIntensity>;
  const long long plain = bits_of<Features<Plain>>();
  EXPECT_EQ(plain, 35 + 35 + 34 + 26 + 26 + 19 + 5 * 9);
  EXPECT_EQ(bits_of<Features<Hlac>>(), plain + 24 * 18);
  EXPECT_EQ(bits_of<Features<Hue>>(), plain + 17 * 19);
  EXPECT_EQ(bits_of<Features<Grey>>(), plain + 34 + 2 * 42 + 16);
}

/// The sums of a full frame need every bit that is kept for them.
TEST(CellLabelStorage, WidthsHoldAFullFrameAndNoMore) {
  using S = Sizes<512, true, kAll>;
  long long m10 = 0, m20 = 0, m11 = 0;
  for (long long x = 0; x < 512; ++x) {
    m10 += 512 * x, m20 += 512 * x * x;
    for (long long y = 0; y < 512; ++y) m11 += x * y;
  }
  EXPECT_EQ(bits_for(512 * 512), S::Area::width);
  EXPECT_EQ(bits_for(m10), S::FirstMoment::width);
  EXPECT_EQ(bits_for(m20), S::SecondMoment::width);
  EXPECT_EQ(bits_for(m11), S::MixedMoment::width);
  EXPECT_EQ(bits_for(65535LL * 512 * 512), S::GreySum::width);
  EXPECT_EQ(bits_for(65535LL * m10), S::GreyMoment::width);
}

}  // namespace
}  // namespace flashcell::kernels
