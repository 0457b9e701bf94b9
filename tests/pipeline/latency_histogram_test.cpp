#include "pipeline/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace flashcell {
namespace {

// Log-uniform over 1 ns .. 100 s: every magnitude gets its share.
std::vector<int64_t> random_latencies(size_t n, uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int64_t> values(n);
  for (int64_t& v : values) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    v = std::max<int64_t>(1, static_cast<int64_t>(std::pow(10.0, u * 11)));
  }
  return values;
}

int64_t exact_percentile(std::vector<int64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const size_t rank =
      std::max<size_t>(1, static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size()))));
  return values[rank - 1];
}

TEST(LatencyHistogram, PercentilesAreWithinAThousandthOfTheExactOnes) {
  for (const size_t n : {1u, 2u, 7u, 1000u, 100000u}) {
    const std::vector<int64_t> values = random_latencies(n, static_cast<uint32_t>(n));
    LatencyHistogram histogram;
    for (const int64_t v : values) histogram.record(v);
    for (const double p : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      const int64_t exact = exact_percentile(values, p);
      EXPECT_GE(histogram.percentile(p), exact) << n << " values, P" << p;
      EXPECT_LE(static_cast<double>(histogram.percentile(p)), static_cast<double>(exact) * 1.001)
          << n << " values, P" << p;
    }
    EXPECT_EQ(histogram.count(), n);
    EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
    EXPECT_NEAR(histogram.mean(), mean, mean * 1e-9);
  }
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (int64_t v = 1; v < 2048; ++v) histogram.record(v);
  histogram.for_each_bucket([](const LatencyHistogram::Bucket& b) {
    EXPECT_EQ(b.low_ns, b.high_ns);
    EXPECT_EQ(b.count, 1u);
  });
  EXPECT_EQ(histogram.percentile(50), 1024);
}

TEST(LatencyHistogram, BucketsTileTheRangeAndAreNarrow) {
  LatencyHistogram histogram;
  for (int64_t v = 1; v <= 3000000; ++v) histogram.record(v);
  int64_t next = 1;
  histogram.for_each_bucket([&](const LatencyHistogram::Bucket& b) {
    EXPECT_EQ(b.low_ns, next);
    EXPECT_LE(static_cast<double>(b.high_ns - b.low_ns), static_cast<double>(b.low_ns) * 1e-3);
    next = b.high_ns + 1;
    if (b.high_ns < 3000000) {
      EXPECT_EQ(b.count, static_cast<uint64_t>(b.high_ns - b.low_ns + 1));
    }
  });
  for (const int64_t edge :
       {int64_t{2047}, int64_t{2048}, int64_t{4095}, int64_t{4096}, int64_t{1} << 36, LatencyHistogram::kHighestNs}) {
    LatencyHistogram single;
    single.record(edge);
    single.for_each_bucket([&](const LatencyHistogram::Bucket& b) {
      EXPECT_LE(b.low_ns, edge);
      EXPECT_GE(b.high_ns, edge);
    });
  }
}

TEST(LatencyHistogram, MergeEqualsRecordingEverythingInOne) {
  const std::vector<int64_t> values = random_latencies(5000, 9);
  LatencyHistogram all, first, second;
  for (size_t i = 0; i < values.size(); ++i) {
    all.record(values[i]);
    (i % 3 ? first : second).record(values[i]);
  }
  first.merge(second);
  first.merge(LatencyHistogram());
  EXPECT_EQ(first.count(), all.count());
  EXPECT_EQ(first.min(), all.min());
  EXPECT_EQ(first.max(), all.max());
  for (double p = 0; p <= 100; p += 0.5) EXPECT_EQ(first.percentile(p), all.percentile(p));
}

TEST(LatencyHistogram, OutOfRangeIsCountedAtTheEndsAndKeptInMax) {
  LatencyHistogram histogram;
  histogram.record(-5);
  histogram.record(2 * LatencyHistogram::kHighestNs);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.min(), -5);
  EXPECT_EQ(histogram.max(), 2 * LatencyHistogram::kHighestNs);
  EXPECT_EQ(histogram.percentile(50), 1);
  EXPECT_EQ(histogram.percentile(100), 2 * LatencyHistogram::kHighestNs);
}

TEST(LatencyHistogram, EmptyIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(99.9), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
}

}  // namespace
}  // namespace flashcell
