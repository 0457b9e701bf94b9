#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell {

/// Counts latencies in log-linear buckets, three significant digits from 1 ns to 100 s, as HdrHistogram does (Tene
/// 2012): values below 2048 ns are counted exactly, every further power of two is cut into 1024 buckets, so that a
/// bucket is narrower than 0.1 % of the values in it. All memory is taken at construction (about 220 KiB); record()
/// allocates nothing. Not thread-safe: one histogram a thread, then merge().
class LatencyHistogram {
 public:
  static constexpr int64_t kLowestNs = 1;
  static constexpr int64_t kHighestNs = 100'000'000'000;

  struct Bucket {
    int64_t low_ns = 0;   ///< smallest value counted here
    int64_t high_ns = 0;  ///< largest value counted here
    uint64_t count = 0;
  };

  LatencyHistogram();

  /// Values outside kLowestNs..kHighestNs are counted in the first or last bucket; max() and mean() keep them as they
  /// are.
  void record(int64_t latency_ns) noexcept;
  void merge(const LatencyHistogram& other) noexcept;

  uint64_t count() const noexcept { return count_; }
  int64_t min() const noexcept { return count_ ? min_ : 0; }                                ///< ns, exact; 0 when empty
  int64_t max() const noexcept { return count_ ? max_ : 0; }                                ///< ns, exact; 0 when empty
  double mean() const noexcept { return count_ ? sum_ / static_cast<double>(count_) : 0; }  ///< ns

  /// Smallest latency (ns) that `percent` of all values do not exceed (nearest rank), at most 0.1 % too high, never
  /// above max(); 0 when empty. `percent` in 0..100.
  int64_t percentile(double percent) const noexcept;

  /// Calls visit(Bucket) for every bucket that counted something, by rising latency.
  template <class Visit>
  void for_each_bucket(Visit&& visit) const {
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(bucket(i));
    }
  }

 private:
  static size_t index_of(int64_t value) noexcept;
  Bucket bucket(size_t index) const noexcept;

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  int64_t min_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace flashcell
