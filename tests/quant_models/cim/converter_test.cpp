#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "quant_models/cim/converter_cost.hpp"
#include "quant_models/cim/converter_input.hpp"
#include "quant_models/cim/converter_output.hpp"

namespace flashcell::quant::cim {
namespace {

TEST(InputConverter, CodesAreTheNearestHalfToEven) {
  const InputConverter plain{8, false, 2};
  const std::vector<float> x{-1, 0, 1, 2, 3, 0.0196078F, 1.0F / 255};
  std::vector<float> codes(x.size());
  plain.convert(x, codes.data());
  EXPECT_EQ(codes, (std::vector<float>{0, 0, 128, 255, 255, 2, 0}));
  const InputConverter with_sign{8, true, 2};
  with_sign.convert(x, codes.data());
  EXPECT_EQ(codes, (std::vector<float>{-64, 0, 64, 127, 127, 1, 0}));
}

TEST(OutputConverter, LevelsAndEnds) {
  const OutputConverter centred(3, {-3, 3, true});
  EXPECT_EQ(centred.highest_code(), 6);
  for (int c = 0; c <= 6; ++c) EXPECT_DOUBLE_EQ(centred.converted(c - 3), c - 3);
  EXPECT_DOUBLE_EQ(centred.converted(0.5), 1);  // code 3.5: half to even
  EXPECT_DOUBLE_EQ(centred.converted(-0.5), -1);
  EXPECT_DOUBLE_EQ(centred.converted(-99), -3);
  const OutputConverter other(2, {-1, 2, false});
  EXPECT_EQ(other.highest_code(), 3);
  EXPECT_DOUBLE_EQ(other.converted(1.4), 1);
  EXPECT_DOUBLE_EQ(OutputConverter().converted(0.123), 0.123);
  EXPECT_THROW(OutputConverter(4, {1, 1, false}), Error);
}

// Without mismatch every kind finds the nearest level.
TEST(OutputConverter, EveryKindIsIdealWithoutMismatch) {
  for (const auto& [kind, name] : kConverterKinds) {
    for (const bool centred : {true, false}) {
      const OutputRange range{-2, centred ? 2.0 : 3.0, centred};
      const OutputConverter ideal(6, range), other(6, range, {kind, 0, 0}, Random(1, {}));
      for (double x = -2.49; x < 3.6; x += 0.0137) EXPECT_EQ(other.code(x), ideal.code(x)) << name << ' ' << x;
    }
  }
}

TEST(OutputConverter, MismatchMakesErrorsThatGrowWithIt) {
  const OutputRange range{-1, 1, true};
  for (const ConverterKind kind :
       {ConverterKind::sar, ConverterKind::ramp, ConverterKind::cyclic, ConverterKind::pipeline}) {
    double last = 0.3;
    for (const double mismatch : {0.003, 0.03}) {
      double error = 0;
      for (uint64_t chip = 0; chip < 40; ++chip) {
        const OutputConverter converter(8, range, {kind, mismatch, 0}, Random(2, {chip}));
        for (double x = -0.95; x < 0.95; x += 0.01) {
          EXPECT_GE(converter.code(x), 0);
          EXPECT_LE(converter.code(x), 254);
          error += std::abs(converter.converted(x) - x) * 127 / 190 / 40;
        }
      }
      EXPECT_LT(error, 12) << name_in(kConverterKinds, kind);
      EXPECT_GE(error, last * (mismatch > 0.01 ? 1.05 : 0.7)) << name_in(kConverterKinds, kind);
      last = error;
    }
  }
}

// Redundant levels take a comparator's error back; a cyclic converter has none.
TEST(OutputConverter, APipelineForgivesItsComparators) {
  const OutputRange range{-1, 1, true};
  double cyclic = 0, pipeline = 0;
  for (uint64_t chip = 0; chip < 20; ++chip) {
    const OutputConverter a(8, range, {ConverterKind::cyclic, 0, 0.02}, Random(3, {chip}));
    const OutputConverter b(8, range, {ConverterKind::pipeline, 0, 0.02}, Random(3, {chip}));
    for (double x = -0.95; x < 0.95; x += 0.01) {
      cyclic += std::abs(a.converted(x) - x);
      pipeline += std::abs(b.converted(x) - x);
    }
  }
  EXPECT_LT(pipeline, 0.8 * cyclic);
}

TEST(ConverterCost, TableAndBetween) {
  EXPECT_DOUBLE_EQ(converter_cost(8).square_micrometres, 1200);
  EXPECT_DOUBLE_EQ(converter_cost(8).picojoules(), 2 / 1.28);
  EXPECT_DOUBLE_EQ(converter_cost(5).square_micrometres, 540);
  EXPECT_NEAR(converter_cost(5).milliwatts, std::sqrt(0.7 * 1.26), 1e-12);
  for (int bits = 2; bits < 16; ++bits) EXPECT_GT(converter_cost(bits + 1).milliwatts, converter_cost(bits).milliwatts);
  const ConverterUse use{"layer", 64, 64 * 100, 0, 8};
  EXPECT_DOUBLE_EQ(use.area(), 512);
  EXPECT_DOUBLE_EQ(use.energy(), 51200);
  EXPECT_DOUBLE_EQ(use.square_millimetres(), 64 * 1200e-6);
  EXPECT_EQ(use.input_microjoules(), 0) << "rows without converters";
}

// ISAAC's figures of one bit, and MNSIM 2.0's of 4 and 8.
TEST(ConverterCost, InFrontOfRows) {
  EXPECT_NEAR(1024 * input_converter_cost(1).square_micrometres, 170, 0.1);
  EXPECT_NEAR(1024 * input_converter_cost(1).milliwatts, 4, 0.01);
  EXPECT_DOUBLE_EQ(input_converter_cost(4).square_micrometres, 1.328);
  EXPECT_DOUBLE_EQ(input_converter_cost(8).square_micrometres, 21.248);
  EXPECT_DOUBLE_EQ(input_converter_cost(4).picojoules(), 0.0312);
  ConverterUse use{"layer"};
  use.rows = 100;
  use.drives = 1000;
  use.input_bits = 8;
  EXPECT_DOUBLE_EQ(use.input_square_millimetres(), 100 * 21.248e-6);
  EXPECT_DOUBLE_EQ(use.input_microjoules(), 1000 * 0.4992e-6);
}

}  // namespace
}  // namespace flashcell::quant::cim
