#include "host/label/hue_histogram.hpp"

#include <algorithm>
#include <cstring>

#include "host/label/finish.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/hue_histogram.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>
//
#include "host/label/hue_planes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// `count` pixels side by side, all of one object; whole blocks of them are read.
void add_side_by_side(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count,
                      contract::ObjectFeatures& features) {
  constexpr uint32_t kBlock = kPlanePixels;
  HuePlanes planes;
  HueCounts counts;
  while (count > 0) {
    size_t blocks = 0;
    for (; blocks < kMaxPlanes && count > 0; ++blocks, pixels += kPixelBytes) {
      const uint32_t n = std::min(count, kBlock);
      planes.foreground[blocks] = ~uint64_t{0} >> (kBlock - n);
      find_hues(tables, pixels, bgr, blocks, planes);
      count -= n;
    }
    count_hues(planes, counts);
    for (size_t block = 0; block < blocks; ++block) add_counts(counts, block, features);
  }
}

// Pixels of the cell whose first pixel is (x, y), eight after eight; what lies outside the frame is left as it is.
HWY_INLINE void copy_cell(const FrameView& frame, int x, int y, uint8_t* pixels) {
  constexpr int kSide = contract::kCellSide;
  const int columns = std::min(kSide, frame.width - x), rows = std::min(kSide, frame.height - y);
  const uint8_t* from = frame.row(y) + 3 * x;
  if (HWY_LIKELY(columns == kSide && rows == kSide)) {
    for (int row = 0; row < kSide; ++row) std::memcpy(pixels + 3 * kSide * row, from + row * frame.stride, 3 * kSide);
    return;
  }
  for (int row = 0; row < rows; ++row) {
    std::memcpy(pixels + 3 * kSide * row, from + row * frame.stride, static_cast<size_t>(3 * columns));
  }
}

// Has the pixels of a cell on their way when copy_cell() comes for them.
HWY_INLINE void fetch_cell(const FrameView& frame, int x, int y) {
  const uint8_t* from = frame.row(y) + 3 * x;
  for (int row = 0; row < std::min(contract::kCellSide, frame.height - y); ++row) {
    hwy::Prefetch(from + row * frame.stride);
  }
}

void add_cells(const HueTables& tables, const FrameView& frame, const CellList& list, const uint32_t* record_of,
               contract::ObjectFeatures* features) {
  const bool bgr = frame.format == PixelFormat::bgr8;
  alignas(64) uint8_t pixels[kMaxPlanes * kPixelBytes] = {};
  HuePlanes planes;
  HueCounts counts;
  for (uint32_t i = 0; i < list.count; i += kMaxPlanes) {
    const size_t blocks = std::min<size_t>(kMaxPlanes, list.count - i);
    // First all are copied, then all are worked on: a vector load from bytes just stored piece by piece would wait.
    for (size_t k = 0; k < blocks; ++k) {
      const int column = list.columns[i + k], row = list.rows[i + k];
      planes.foreground[k] = list.pixels[i + k];
      copy_cell(frame, contract::kCellSide * column, contract::kCellSide * row, pixels + k * kPixelBytes);
    }
    for (uint32_t k = i + kMaxPlanes; k < std::min<uint32_t>(i + 2 * kMaxPlanes, list.count); ++k) {
      fetch_cell(frame, contract::kCellSide * list.columns[k], contract::kCellSide * list.rows[k]);
    }
    for (size_t k = 0; k < blocks; ++k) find_hues(tables, pixels + k * kPixelBytes, bgr, k, planes);
    count_hues(planes, counts);
    for (size_t k = 0; k < blocks; ++k) {
      const uint32_t record = record_of[list.objects[i + k]];
      if (record != kNoRecord) add_counts(counts, k, features[record]);
    }
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(add_side_by_side);
HWY_EXPORT(add_cells);
}  // namespace

HueTables::HueTables(uint8_t saturation_floor, uint8_t value_floor) {
  for (int i = 0; i < 256; ++i) {
    const int chroma = i < 3 ? 64 * i : i;
    const int factor = i == 0 ? 0 : ((256 << 13) / (6 * chroma) + 1) >> 1;
    factor_low[i] = static_cast<uint8_t>(factor & 0xFF);
    factor_high[i] = static_cast<uint8_t>(factor >> 8);
    // (max, max - chroma, max - chroma) is a colour of that chroma and value. A chroma of 255 is as saturated as can
    // be, so that the least one fits into a byte.
    const auto saturation = [i](int c) {
      const uint8_t low = static_cast<uint8_t>(i - c);
      return contract::hsv8(static_cast<uint8_t>(i), low, low).s;
    };
    int least = i + 1;
    while (i >= value_floor && least > 0 && saturation(least - 1) >= saturation_floor) --least;
    min_chroma[i] = static_cast<uint8_t>(least);
  }
}

void add_hues_of_cells(const HueTables& tables, const FrameView& frame, const CellList& list, const uint32_t* record_of,
                       contract::ObjectFeatures* features) {
  HWY_DYNAMIC_DISPATCH(add_cells)(tables, frame, list, record_of, features);
}

void HueCollector::add(const uint8_t* pixels, int count) {
  if (count_ + 64 > kCapacity) flush();
  uint8_t* to = pixels_ + 3 * count_;
  if (end_ - pixels >= kPadding) {
    // Whole vectors, wherever the stretch ends: what is too much is overwritten by the next.
    for (int i = 0; i < 3 * count; i += 64) std::memcpy(to + i, pixels + i, 64);
  } else {
    std::memcpy(to, pixels, static_cast<size_t>(3 * count));
  }
  count_ += static_cast<uint32_t>(count);
}

void HueCollector::flush() {
  if (count_ != 0) HWY_DYNAMIC_DISPATCH(add_side_by_side)(tables_, pixels_, bgr_, count_, *features_);
  count_ = 0;
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
