#include "host/segment/pair_histogram.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/pair_histogram.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Adds each counter to the bins of its two levels, and clears it.
void drain(uint32_t* counts, uint32_t* bins) {
  const hn::CappedTag<uint32_t, 16> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  alignas(64) uint32_t columns[256] = {};
  for (int row = 0; row < 256; ++row) {
    uint32_t* at = counts + 256 * row;
    auto sum = hn::Zero(d);
    for (int i = 0; i < 256; i += lanes) {
      const auto count = hn::Load(d, at + i);
      hn::Store(hn::Zero(d), d, at + i);
      hn::Store(hn::Add(hn::Load(d, columns + i), count), d, columns + i);
      sum = hn::Add(sum, count);
    }
    bins[row] += hn::GetLane(hn::SumOfLanes(d, sum));
  }
  for (int i = 0; i < 256; ++i) bins[i] += columns[i];
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {

HWY_EXPORT(drain);

void PairHistogram::count(const FrameView& grey, Histogram& bins) {
  uint32_t* counts = counts_.data();
  for (int y = 0; y < grey.height; ++y) {
    const uint8_t* row = grey.row(y);
    int x = 0;
    for (; x + 8 <= grey.width; x += 8) {
      uint64_t eight;
      std::memcpy(&eight, row + x, sizeof eight);
      // Equal pixels would wait for each other's counter.
      if (eight == std::rotl(eight, 8)) {
        bins[eight & 0xFF] += 8;
        continue;
      }
      ++counts[eight & 0xFFFF];
      ++counts[eight >> 16 & 0xFFFF];
      ++counts[eight >> 32 & 0xFFFF];
      ++counts[eight >> 48];
    }
    for (; x < grey.width; ++x) ++bins[row[x]];
  }
  HWY_DYNAMIC_DISPATCH(drain)(counts, bins.data());
}

bool neighbours_are_alike(const FrameView& grey) {
  constexpr int kRowStep = 32, kAlike = 32;
  int alike = 0, all = 0;
  for (int y = 0; y < grey.height; y += kRowStep) {
    const uint8_t* row = grey.row(y);
    for (int x = 0; x + 1 < grey.width; ++x) alike += std::abs(row[x] - row[x + 1]) < kAlike;
    all += grey.width - 1;
  }
  return 2 * alike >= all;
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
