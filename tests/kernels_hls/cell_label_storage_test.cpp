#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "kernels_hls/cell_label/cell_label.hpp"
#include "kernels_hls/cell_label/storage.hpp"

namespace flashcell::kernels {
namespace {

template <class S>
std::string readme_row(const char* name, uint8_t features, const char* feature_names) {
  const Storage s = storage<S>(features);
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.1f} |", name, feature_names, S::kLabels, s.line_buffers,
                     s.border, s.labels, s.features, static_cast<double>(s.total()) / 1000);
}

/// The README's storage table is what the sources count.
TEST(CellLabelStorage, ReadmeTableIsCounted) {
  std::ifstream file(FLASHCELL_SOURCE_DIR "/kernels_hls/cell_label/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  constexpr uint8_t kHlac = contract::kFeatureHlac;
  constexpr uint8_t kAll = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
  const char* const hlac = "HLAC";
  const char* const all = "HLAC, hue, intensity";
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<512, false>>("`cell`, 512", kHlac, hlac)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<512, false>>("`cell`, 512", kAll, all)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<1024, false>>("`cell`, 1024", kHlac, hlac)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<1024, false>>("`cell`, 1024", kAll, all)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<512, true>>("`exact`, 512", 0, "–")));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<512, true>>("`exact`, 512", kHlac, hlac)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<Sizes<1024, true>>("`exact`, 1024", kHlac, hlac)));
}

TEST(CellLabelStorage, CellModeWithMomentsBoxAndHlacIsWithinTheGoal) {
  const auto total = storage<Sizes<512, false>>(contract::kFeatureHlac).total();
  const auto total_1024 = storage<Sizes<1024, false>>(contract::kFeatureHlac).total();
  EXPECT_LE(total, 48000);
  EXPECT_LE(total_1024, 96000);
}

/// The sums of a full frame need every bit that is counted, and no more.
TEST(CellLabelStorage, WidthsHoldAFullFrame) {
  using S = Sizes<512, true>;
  uint64_t m10 = 0, m20 = 0;
  for (uint64_t x = 0; x < 512; ++x) m10 += 512 * x, m20 += 512 * x * x;
  EXPECT_EQ(bits_for(512 * 512), S::kAreaBits);
  EXPECT_LE(bits_for(static_cast<long long>(m10)), S::kFirstMomentBits);
  EXPECT_LE(bits_for(static_cast<long long>(m20)), S::kSecondMomentBits);
  EXPECT_LE(bits_for(65535LL * 512 * 512), S::GreySum::width);
  EXPECT_LE(bits_for(65535LL * static_cast<long long>(m10)), S::GreyMoment::width);
}

/// The least number of labels that were free while a picture of columns x rows cells went through.
template <class S, class Cell>
int lowest_free_count(contract::Connectivity connectivity, int columns, int rows, Cell cell) {
  contract::LabelParameters parameters;
  parameters.width = static_cast<uint32_t>(8 * columns);
  parameters.height = static_cast<uint32_t>(8 * rows);
  parameters.connectivity = connectivity;
  hls::stream<uint64_t> cells;
  hls::stream<CellPixels> pixels;
  hls::stream<ObjectWord> objects;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) cells.write(cell(column, row));
  }
  const auto state = std::make_unique<CellLabelState<S>>();
  CellLabelStreams<S> streams;
  CellLabelCounts counts{};
  cell_label<S>(make_job(parameters), cells, pixels, *state, streams, objects, counts);
  EXPECT_EQ(state->join.free_count.to_int(), S::kLabels) << "all labels are free after a frame";
  return state->join.lowest_free_count;
}

TEST(CellLabelStorage, CellModeUsesItsLastLabelAndNoMore) {
  const auto separate = [](int column, int row) { return column % 2 == 0 && row % 2 == 0 ? uint64_t{1} << 27 : 0; };
  EXPECT_EQ((lowest_free_count<Sizes<512, false>>(contract::Connectivity::cell, 64, 8, separate)), 0);
  EXPECT_EQ((lowest_free_count<Sizes<40, false>>(contract::Connectivity::cell, 5, 5, separate)), 0);
}

TEST(CellLabelStorage, ExactModesStayWithinTheirLabels) {
  constexpr int kLabels = Sizes<512, true>::kLabels;
  const auto bars = [](int, int) { return uint64_t{0x5555555555555555}; };
  const auto chessboard = [](int, int) { return uint64_t{0xAA55AA55AA55AA55}; };
  EXPECT_GE((lowest_free_count<Sizes<512, true>>(contract::Connectivity::exact8, 64, 8, bars)), 0);
  EXPECT_GE((lowest_free_count<Sizes<512, true>>(contract::Connectivity::exact4, 64, 8, chessboard)), 0);
  // Four runs a column are alive in either.
  EXPECT_LE((lowest_free_count<Sizes<512, true>>(contract::Connectivity::exact8, 64, 8, bars)), kLabels - 4 * 64);
}

}  // namespace
}  // namespace flashcell::kernels
