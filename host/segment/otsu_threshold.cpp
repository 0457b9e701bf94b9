#include "host/segment/otsu_threshold.hpp"

#include <algorithm>
#include <cstring>

namespace flashcell::host {
namespace {

/// Neighbouring pixels are often equal; counting them in different tables spares each increment the wait for the one
/// before.
constexpr int kTables = 4;

void add_tables(const uint32_t (&tables)[kTables][256], Histogram& bins) {
  for (int bin = 0; bin < 256; ++bin) {
    for (const auto& table : tables) bins[bin] += table[bin];
  }
}

void count8(const FrameView& grey, Histogram& bins) {
  uint32_t tables[kTables][256] = {};
  for (int y = 0; y < grey.height; ++y) {
    const uint8_t* row = grey.row(y);
    int x = 0;
    for (; x + kTables <= grey.width; x += kTables) {
      for (int i = 0; i < kTables; ++i) ++tables[i][row[x + i]];
    }
    for (; x < grey.width; ++x) ++tables[0][row[x]];
  }
  add_tables(tables, bins);
}

uint16_t level16(const uint8_t* row, int x) {
  uint16_t level;
  std::memcpy(&level, row + 2 * x, sizeof level);
  return level;
}

void count16(const FrameView& grey, GreyHistogram& histogram) {
  uint16_t low = UINT16_MAX, high = 0;
  for (int y = 0; y < grey.height; ++y) {
    for (int x = 0; x < grey.width; ++x) {
      low = std::min(low, level16(grey.row(y), x));
      high = std::max(high, level16(grey.row(y), x));
    }
  }
  histogram.first = low;
  while ((high - low) >> histogram.shift > 255) ++histogram.shift;
  uint32_t tables[kTables][256] = {};
  for (int y = 0; y < grey.height; ++y) {
    for (int x = 0; x < grey.width; ++x) {
      ++tables[x % kTables][(level16(grey.row(y), x) - low) >> histogram.shift];
    }
  }
  add_tables(tables, histogram.bins);
}

}  // namespace

std::optional<int> otsu_threshold(const Histogram& histogram) {
  double pixels = 0, sum = 0;
  for (int bin = 0; bin < 256; ++bin) {
    pixels += histogram[bin];
    sum += static_cast<double>(bin) * histogram[bin];
  }
  std::optional<int> best;
  double best_variance = 0, below = 0, sum_below = 0;
  for (int bin = 0; bin < 255; ++bin) {
    below += histogram[bin];
    sum_below += static_cast<double>(bin) * histogram[bin];
    if (below == 0 || below == pixels) continue;
    // pixels^2 times the between-class variance.
    const double difference = sum_below / below - (sum - sum_below) / (pixels - below);
    const double variance = below * (pixels - below) * difference * difference;
    if (variance > best_variance) {
      best_variance = variance;
      best = bin + 1;
    }
  }
  return best;
}

GreyHistogram grey_histogram(const FrameView& grey) {
  GreyHistogram histogram;
  if (grey.format == PixelFormat::grey16) {
    count16(grey, histogram);
  } else {
    count8(grey, histogram.bins);
  }
  return histogram;
}

}  // namespace flashcell::host
