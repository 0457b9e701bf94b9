// Portable: what a compiler makes of plain loops.
#include "host/inference/engine/kernels.hpp"

namespace flashcell::host::inference {
namespace {

#include "host/inference/engine/pack_matrix-inl.hpp"
#include "host/inference/engine/pixel_lines-inl.hpp"
#include "host/inference/engine/plain_layers-inl.hpp"

int rescale(const Rescaling& to, int value) {
  return clamped(to.stored_zero + NarrowScale(to.exact)(value - to.zero), to.low, to.high);
}

/// Stores one block of sums.
void store(const WeightedLayer& layer, int channel, const int32_t* sums, uint8_t* out) {
  const int count = layer.channels - channel < kBlock ? layer.channels - channel : kBlock;
  for (int i = 0; i < count; ++i) {
    const contract::Requantization scale = layer.exact[channel + i];
    int64_t y = (sums[i] * int64_t{scale.multiplier} + (int64_t{1} << (scale.shift - 1))) >> scale.shift;
    y += layer.stored_offset;
    y = y < layer.low ? layer.low : y > layer.high ? layer.high : y;
    if (layer.words) {
      const auto word = static_cast<uint16_t>(y);
      __builtin_memcpy(out + 2 * (channel + i), &word, sizeof(word));
      continue;
    }
    out[channel + i] = static_cast<uint8_t>(layer.rescaling.used ? rescale(layer.rescaling, static_cast<int>(y)) : y);
  }
}

/// Sums wrap around while a signed input's offset is in them; the whole sum is exact.
void multiply_add(int32_t* sums, int value, const int16_t* weights) {
  for (int i = 0; i < kBlock; ++i) {
    sums[i] = static_cast<int32_t>(static_cast<uint32_t>(sums[i]) + static_cast<uint32_t>(value * weights[i]));
  }
}

void convolution(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t*) {
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  const PixelLines lines = pixel_lines(layer, in, out, items);
  for (int channel = 0; channel < layer.channels; channel += kBlock) {
    const int16_t* block = static_cast<const int16_t*>(layer.weights) +
                           static_cast<ptrdiff_t>(channel) * layer.kernel_height * layer.runs * layer.row_values;
    for_each_run<1, 1>(lines, first, out.first, [&](const uint8_t* const* in_pixel, uint8_t* const* out_pixel, int) {
      int32_t sums[kBlock];
      for (int i = 0; i < kBlock; ++i) sums[i] = layer.bias[channel + i];
      const int16_t* weights = block;
      for (int run = 0; run < layer.kernel_height * layer.runs; ++run) {
        const uint8_t* row = in_pixel[0] + run / layer.runs * layer.dilation_rows * in.row_bytes +
                             run % layer.runs * layer.dilation_columns * in.channels;
        for (int k = 0; k < layer.row_values; ++k, weights += kBlock) multiply_add(sums, row[k], weights);
      }
      store(layer, channel, sums, out_pixel[0]);
    });
  }
}

void depthwise(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const int taps = layer.kernel_height * layer.kernel_width;
  const PixelLines lines = pixel_lines(layer, in, out, items);
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  for_each_run<1, 1>(lines, first, out.first, [&](const uint8_t* const* in_pixel, uint8_t* const* out_pixel, int) {
    for (int channel = 0; channel < layer.channels; channel += kBlock) {
      // Pairs of taps stand together.
      const int16_t* weights =
          static_cast<const int16_t*>(layer.weights) + static_cast<ptrdiff_t>(channel) * 2 * layer.groups;
      const int count = layer.channels - channel < kBlock ? layer.channels - channel : kBlock;
      int32_t sums[kBlock];
      for (int i = 0; i < kBlock; ++i) sums[i] = layer.bias[channel + i];
      for (int tap = 0; tap < taps; ++tap) {
        const uint8_t* from = in_pixel[0] + tap / layer.kernel_width * layer.dilation_rows * in.row_bytes +
                              tap % layer.kernel_width * layer.dilation_columns * in.channels + channel;
        const int16_t* pair = weights + tap / 2 * 2 * kBlock + tap % 2;
        for (int i = 0; i < count; ++i) {
          sums[i] = static_cast<int32_t>(static_cast<uint32_t>(sums[i]) + static_cast<uint32_t>(from[i] * pair[2 * i]));
        }
      }
      store(layer, channel, sums, out_pixel[0]);
    }
  });
}

}  // namespace

const Kernels& scalar_kernels() {
  static const Kernels kernels = {
      1,    true,    DepthwiseTaps::pairs, pack_matrix<1>, convolution, depthwise, max_pool, average_pool, add,
      copy, upsample};
  return kernels;
}

}  // namespace flashcell::host::inference
