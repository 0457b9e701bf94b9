#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::quant::cim {

/// Some of many numbers: every 2^k-th, k as small as lets them fit. The same numbers in the same order give the same.
class NumberSample {
 public:
  void add(std::span<const float> numbers);
  /// Between its least and largest: `percent` of the numbers are at or below it.
  double percentile(double percent) const;
  bool empty() const { return numbers_.empty(); }
  /// Of the numbers that are not 0, the share that is not in low .. high.
  double share_beyond(double low, double high) const;
  std::vector<float> sorted() const;

 private:
  static constexpr size_t kMost = size_t{1} << 20;
  std::vector<float> numbers_;
  uint64_t seen_ = 0, every_ = 1;
};

/// The place of a percentile among so many sorted numbers, at least one.
size_t percentile_place(double percent, size_t count);

}  // namespace flashcell::quant::cim
