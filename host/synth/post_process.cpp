#include "host/synth/post_process.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/synth/random.hpp"

namespace flashcell::host {
namespace {

constexpr int kWeightBits = 14;

/// Half of a symmetric kernel, from the centre out; the whole sums to 1 << kWeightBits.
std::vector<int32_t> gaussian(double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<double> real(static_cast<size_t>(reach) + 1);
  double sum = 0;
  for (int i = 0; i <= reach; ++i) {
    real[static_cast<size_t>(i)] = std::exp(-i * i / (2 * sigma * sigma));
    sum += (i == 0 ? 1 : 2) * real[static_cast<size_t>(i)];
  }
  std::vector<int32_t> weights(real.size());
  int32_t rest = 1 << kWeightBits;
  for (size_t i = 1; i < real.size(); ++i) {
    weights[i] = static_cast<int32_t>(std::floor(real[i] / sum * (1 << kWeightBits) + 0.5));
    rest -= 2 * weights[i];
  }
  weights[0] = rest;
  return weights;
}

/// out[i] = sum of weights[k] * (in[i - k*step] + in[i + k*step]); `in` is readable `reach * step` samples to either
/// side.
void convolve(const uint8_t* in, ptrdiff_t step, const std::vector<int32_t>& weights, int count, int32_t* sums,
              uint8_t* out) {
  for (int i = 0; i < count; ++i) sums[i] = in[i] * weights[0] + (1 << (kWeightBits - 1));
  for (size_t k = 1; k < weights.size(); ++k) {
    const int32_t weight = weights[k];
    const uint8_t* before = in - static_cast<ptrdiff_t>(k) * step;
    const uint8_t* after = in + static_cast<ptrdiff_t>(k) * step;
    for (int i = 0; i < count; ++i) sums[i] += weight * (before[i] + after[i]);
  }
  for (int i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(sums[i] >> kWeightBits);
}

/// A 32-bit mixer of two multiplications (Wellons, "lowbias32"), which compilers vectorize.
constexpr uint32_t scatter32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352Du;
  x = (x ^ (x >> 15)) * 0x846CA68Bu;
  return x ^ (x >> 16);
}

}  // namespace

void blur_image(uint8_t* pixels, ptrdiff_t stride, int width, int height, int channels, double sigma) {
  const std::vector<int32_t> weights = gaussian(sigma);
  const int reach = static_cast<int>(weights.size()) - 1;
  const int row_bytes = width * channels;
  const int margin = reach * channels;
  std::vector<int32_t> sums(static_cast<size_t>(row_bytes));
  std::vector<uint8_t> padded(static_cast<size_t>(row_bytes) + 2 * static_cast<size_t>(margin));
  // Rows first, into a copy with repeated rows above and below, then columns back into the image.
  std::vector<uint8_t> tall(static_cast<size_t>(height + 2 * reach) * row_bytes);
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = pixels + y * stride;
    std::copy(row, row + row_bytes, padded.begin() + margin);
    for (int i = 0; i < margin; ++i) {
      padded[static_cast<size_t>(i)] = row[i % channels];
      padded[static_cast<size_t>(margin + row_bytes + i)] = row[row_bytes - channels + i % channels];
    }
    convolve(padded.data() + margin, channels, weights, row_bytes, sums.data(),
             tall.data() + static_cast<size_t>(y + reach) * row_bytes);
  }
  for (int r = 0; r < reach; ++r) {
    std::copy_n(tall.begin() + static_cast<ptrdiff_t>(reach) * row_bytes, row_bytes,
                tall.begin() + static_cast<ptrdiff_t>(r) * row_bytes);
    std::copy_n(tall.begin() + static_cast<ptrdiff_t>(reach + height - 1) * row_bytes, row_bytes,
                tall.begin() + static_cast<ptrdiff_t>(reach + height + r) * row_bytes);
  }
  for (int y = 0; y < height; ++y) {
    convolve(tall.data() + static_cast<size_t>(y + reach) * row_bytes, row_bytes, weights, row_bytes, sums.data(),
             pixels + y * stride);
  }
}

void scale_columns(uint8_t* pixels, ptrdiff_t stride, int height, int channels, std::span<const int32_t> factors) {
  for (int y = 0; y < height; ++y) {
    uint8_t* sample = pixels + y * stride;
    for (const int32_t factor : factors)
      for (int c = 0; c < channels; ++c, ++sample)
        *sample = static_cast<uint8_t>(std::min(255, (*sample * factor + 32768) >> 16));
  }
}

void add_noise(uint8_t* pixels, ptrdiff_t stride, int row_bytes, int height, double sigma, uint64_t key) {
  // Four uniform bytes have mean 510 and variance 4 * (256^2 - 1) / 12.
  constexpr double kSumSigma = 147.79935949;
  const auto scale = static_cast<int32_t>(std::floor(sigma / kSumSigma * 65536 + 0.5));
  for (int y = 0; y < height; ++y) {
    uint8_t* row = pixels + y * stride;
    const auto row_key = static_cast<uint32_t>(scatter64(key + static_cast<uint64_t>(y)));
    for (int x = 0; x < row_bytes; ++x) {
      const uint32_t bits = scatter32(row_key + static_cast<uint32_t>(x) * 0x9E3779B9u);
      const uint32_t pairs = (bits & 0x00FF00FFu) + ((bits >> 8) & 0x00FF00FFu);
      const auto sum = static_cast<int32_t>((pairs + (pairs >> 16)) & 0xFFFFu);
      const int32_t value = row[x] + (((sum - 510) * scale + 32768) >> 16);
      row[x] = static_cast<uint8_t>(std::clamp(value, 0, 255));
    }
  }
}

}  // namespace flashcell::host
