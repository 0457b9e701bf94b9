#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell::host {

/// Counts values >= 0 in a fixed number of equally wide bins, whose width doubles whenever a value lies beyond them.
class GrowingHistogram {
 public:
  explicit GrowingHistogram(size_t bins = 64) : counts_(bins) {}

  void add(double value) {
    if (!(value >= 0) || !std::isfinite(value)) return;
    while (value >= width_ * static_cast<double>(counts_.size())) widen();
    ++counts_[static_cast<size_t>(value / width_)];
    ++count_;
  }

  double bin_width() const { return width_; }
  const std::vector<uint64_t>& counts() const { return counts_; }
  uint64_t count() const { return count_; }

 private:
  void widen() {
    for (size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] = 2 * i < counts_.size() ? counts_[2 * i] + (2 * i + 1 < counts_.size() ? counts_[2 * i + 1] : 0) : 0;
    }
    width_ *= 2;
  }

  std::vector<uint64_t> counts_;
  double width_ = 1.0 / 1024;
  uint64_t count_ = 0;
};

/// Counts whole numbers of frames, from 1, in bins that widen by a quarter each: of one number up to 6, of some 20 %
/// of their size beyond.
class LengthHistogram {
 public:
  struct Bin {
    int64_t low = 0, high = 0;  ///< the first and the last number in it
    uint64_t count = 0;
  };

  void add(int64_t length) {
    if (length < 1) return;
    while (bins_.empty() || bins_.back().high < length) {
      const int64_t low = bins_.empty() ? 1 : bins_.back().high + 1;
      bins_.push_back({low, low + std::max<int64_t>(1, (low + 2) / 4) - 1, 0});
    }
    const auto bin = std::lower_bound(bins_.begin(), bins_.end(), length,
                                      [](const Bin& b, int64_t value) { return b.high < value; });
    ++bin->count;
    ++count_;
  }

  const std::vector<Bin>& bins() const { return bins_; }  ///< rising, up to the one of the largest number
  uint64_t count() const { return count_; }

 private:
  std::vector<Bin> bins_;
  uint64_t count_ = 0;
};

}  // namespace flashcell::host
