#include "quant_models/cim/column_range.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/random.hpp"

namespace flashcell::quant::cim {
namespace {

std::vector<float> some_normals(size_t count) {
  Random random(5, {});
  std::vector<float> numbers(count);
  for (float& x : numbers) x = static_cast<float>(random.normal());
  return numbers;
}

NumberSample sample_of(const std::vector<float>& numbers) {
  NumberSample sample;
  sample.add(numbers);
  return sample;
}

double squared_error(const std::vector<float>& numbers, int bits, const OutputRange& range) {
  const OutputConverter converter(bits, range);
  double sum = 0;
  for (const float x : numbers) sum += std::pow(converter.converted(x) - x, 2);
  return sum / static_cast<double>(numbers.size());
}

ArrayDevice with_bits(int bits, const char* range = "least_error") {
  return device_of("ideal_8bit,output.bits=" + std::to_string(bits) + ",output.range=" + range);
}

TEST(ColumnRange, LeavesTheLeastErrorOfAllRanges) {
  const std::vector<float> numbers = some_normals(40000);
  const NumberSample sample = sample_of(numbers);
  double before = 0;
  for (const int bits : {2, 3, 4, 6, 8}) {
    const OutputRange found = column_range(sample, with_bits(bits));
    double least = 1e9;
    for (double limit = 0.5; limit < 5; limit += 0.01)
      least = std::min(least, squared_error(numbers, bits, {-limit, limit, true}));
    EXPECT_LT(squared_error(numbers, bits, found), 1.03 * least) << bits;
    EXPECT_GT(found.high, before) << "more levels reach farther";
    before = found.high;
  }
}

// The best three levels of a normal number: a step of 1.224, an error of 0.1902 (Max, IRE Trans. IT 6, 1960, table II).
TEST(ColumnRange, ThreeLevelsAreMaxs) {
  const std::vector<float> numbers = some_normals(200000);
  const OutputRange found = column_range(sample_of(numbers), with_bits(2));
  EXPECT_NEAR(found.high, 1.224, 0.08);
  EXPECT_NEAR(squared_error(numbers, 2, found), 0.1902, 0.002);
}

TEST(ColumnRange, OtherRulesGoByPercentiles) {
  const NumberSample sample = sample_of(some_normals(40000));
  EXPECT_EQ(column_range(sample, with_bits(2, "calibrated")), column_range(sample, with_bits(8, "calibrated")));
  EXPECT_GT(column_range(sample, with_bits(2, "calibrated")).high, 3.5);
  EXPECT_EQ(column_range(sample, with_bits(0)), column_range(sample, with_bits(0, "calibrated"))) << "no converter";
}

TEST(ColumnRange, CurrentsOfOneSignHaveAllLevelsThere) {
  std::vector<float> numbers = some_normals(10000);
  for (float& x : numbers) x = std::abs(x);
  ArrayDevice device = with_bits(3);
  device.array.mapping = Mapping::offset;
  const OutputRange found = column_range(sample_of(numbers), device);
  EXPECT_EQ(found.low, 0);
  EXPECT_FALSE(found.zero_is_a_level);
  EXPECT_LT(found.high, 3);
  EXPECT_EQ(column_range(sample_of({0, 0, 0}), with_bits(4)).high, 1e-9) << "nothing flows";
}

}  // namespace
}  // namespace flashcell::quant::cim
