#include "pipeline/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace flashcell {
namespace {

constexpr int kSubBucketBits = 10;  // 1024 buckets a power of two: 3 significant digits

}  // namespace

size_t LatencyHistogram::index_of(int64_t value) noexcept {
  const uint64_t v = static_cast<uint64_t>(std::clamp(value, kLowestNs, kHighestNs));
  const int shift = std::max(0, static_cast<int>(std::bit_width(v)) - 1 - kSubBucketBits);
  return (static_cast<size_t>(shift) << kSubBucketBits) + static_cast<size_t>(v >> shift);
}

LatencyHistogram::LatencyHistogram() : counts_(index_of(kHighestNs) + 1) {}

LatencyHistogram::Bucket LatencyHistogram::bucket(size_t index) const noexcept {
  const int64_t i = static_cast<int64_t>(index);
  const int shift = std::max<int>(0, static_cast<int>(i >> kSubBucketBits) - 1);
  const int64_t low = (i - (static_cast<int64_t>(shift) << kSubBucketBits)) << shift;
  return {low, low + (int64_t{1} << shift) - 1, counts_[index]};
}

void LatencyHistogram::record(int64_t latency_ns) noexcept {
  ++counts_[index_of(latency_ns)];
  min_ = count_ ? std::min(min_, latency_ns) : latency_ns;
  max_ = count_ ? std::max(max_, latency_ns) : latency_ns;
  sum_ += static_cast<double>(latency_ns);
  ++count_;
}

void LatencyHistogram::merge(const LatencyHistogram& other) noexcept {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = count_ ? std::min(min_, other.min_) : other.min_;
  max_ = count_ ? std::max(max_, other.max_) : other.max_;
  sum_ += other.sum_;
  count_ += other.count_;
}

int64_t LatencyHistogram::percentile(double percent) const noexcept {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100;
  const uint64_t rank =
      std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_))), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return i + 1 == counts_.size() ? max_ : std::min(bucket(i).high_ns, max_);
  }
  return max_;
}

}  // namespace flashcell
