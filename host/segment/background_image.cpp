#include "host/segment/background_image.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace flashcell::host {
namespace {

constexpr double kDeviationOfMedian = 1.4826;  // of a normal distribution
constexpr int kChunk = 256;                    // pixels whose values of all frames stay in the nearest cache

/// Comparators of Batcher's odd-even merge sort for a power of two of values: the same for every pixel, so that many
/// pixels are sorted at a time.
std::vector<std::pair<int, int>> sorting_network(int size) {
  std::vector<std::pair<int, int>> comparators;
  for (int p = 1; p < size; p *= 2) {
    for (int k = p; k >= 1; k /= 2) {
      for (int j = k % p; j + k < size; j += 2 * k) {
        for (int i = 0; i < std::min(k, size - j - k); ++i) {
          if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) comparators.emplace_back(i + j, i + j + k);
        }
      }
    }
  }
  return comparators;
}

template <class Value>
class Columns {
 public:
  explicit Columns(int frames)
      : frames_(frames),
        size_(static_cast<int>(std::bit_ceil(static_cast<unsigned>(frames)))),
        network_(sorting_network(size_)),
        values_(static_cast<size_t>(size_) * kChunk) {}

  Value* of(int frame) { return values_.data() + static_cast<size_t>(frame) * kChunk; }

  /// The upper median of each column; afterwards they are sorted.
  const Value* median() {
    // Beyond every value, so that they sort to the end.
    std::fill(of(frames_), of(size_), std::numeric_limits<Value>::max());
    for (const auto& [low, high] : network_) {
      Value* a = of(low);
      Value* b = of(high);
      for (int i = 0; i < kChunk; ++i) {
        const Value smaller = std::min(a[i], b[i]), larger = std::max(a[i], b[i]);
        a[i] = smaller;
        b[i] = larger;
      }
    }
    return of(frames_ / 2);
  }

 private:
  int frames_, size_;
  std::vector<std::pair<int, int>> network_;
  std::vector<Value> values_;
};

std::vector<FrameView> evenly(std::span<const FrameView> frames) {
  if (frames.size() <= kMostMedianFrames) return {frames.begin(), frames.end()};
  std::vector<FrameView> chosen;
  for (size_t i = 0; i < kMostMedianFrames; ++i)
    chosen.push_back(frames[i * (frames.size() - 1) / (kMostMedianFrames - 1)]);
  return chosen;
}

template <class Value>
void fill_image(const std::vector<FrameView>& frames, BackgroundImage& image) {
  const int count = static_cast<int>(frames.size());
  Columns<Value> levels(count), distances(count);
  Value median[kChunk];
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; x += kChunk) {
      const int pixels = std::min(kChunk, image.width - x);
      for (int f = 0; f < count; ++f)
        std::memcpy(levels.of(f), frames[f].row(y) + x * sizeof(Value), pixels * sizeof(Value));
      std::copy_n(levels.median(), kChunk, median);
      for (int f = 0; f < count; ++f) {
        const Value* level = levels.of(f);
        Value* distance = distances.of(f);
        for (int i = 0; i < kChunk; ++i)
          distance[i] = static_cast<Value>(std::max(level[i], median[i]) - std::min(level[i], median[i]));
      }
      const Value* spread = distances.median();
      const size_t at = static_cast<size_t>(y) * image.width + x;
      for (int i = 0; i < pixels; ++i) {
        image.level[at + i] = median[i];
        const double sixteenths = std::round(spread[i] * kDeviationOfMedian * (1 << kSpreadFractionBits));
        image.spread[at + i] = static_cast<uint16_t>(std::min(sixteenths, 65535.0));
      }
    }
  }
}

}  // namespace

BackgroundImage median_background(std::span<const FrameView> frames) {
  const std::vector<FrameView> chosen = evenly(frames);
  BackgroundImage image{chosen[0].width, chosen[0].height, {}, {}};
  image.level.resize(static_cast<size_t>(image.width) * image.height);
  image.spread.resize(image.level.size());
  if (chosen[0].format == PixelFormat::grey16) {
    fill_image<uint16_t>(chosen, image);
  } else {
    fill_image<uint8_t>(chosen, image);
  }
  return image;
}

}  // namespace flashcell::host
