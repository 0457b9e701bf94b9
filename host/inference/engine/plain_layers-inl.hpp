// Layers without multiplications by weights, as loops that a compiler turns into vector code. Included once by each
// instruction set, inside its namespace.

inline int clamped(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

/// R for factors of up to 8 bits and a sign: 32 bits are enough. A product below 2^24 is rounded to 0 by every shift
/// from 26 on.
struct NarrowScale {
  explicit NarrowScale(contract::Requantization scale)
      : multiplier(scale.multiplier), shift(scale.shift > 30 ? 30 : scale.shift), half(1 << (shift - 1)) {}
  int operator()(int value) const { return (value * multiplier + half) >> shift; }
  int multiplier, shift, half;
};

struct Clip {
  int begin, end;  // of the window's rows or columns inside of the image
};
inline Clip clip(int first, int size, int side) {
  return {first < 0 ? 0 : first, first + size > side ? side : first + size};
}

/// Largest values of kCount channels; a constant number stays in registers.
template <int kCount>
inline void max_pool_channels(const uint8_t* from, ptrdiff_t row_bytes, int channels, int rows, int columns,
                              uint8_t* to) {
  uint8_t largest[kCount] = {};
  for (int y = 0; y < rows; ++y, from += row_bytes) {
    const uint8_t* pixel = from;
    for (int x = 0; x < columns; ++x, pixel += channels) {
      for (int c = 0; c < kCount; ++c) largest[c] = pixel[c] > largest[c] ? pixel[c] : largest[c];
    }
  }
  for (int c = 0; c < kCount; ++c) to[c] = largest[c];
}

inline void max_pool(const PoolLayer& layer, const Map& in, const Map& out, int items) {
  const int channels = in.channels;
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const Clip rows = clip(row * layer.stride - layer.pad_top, layer.kernel_height, in.height);
      for (int column = 0; column < out.width; ++column) {
        const Clip columns = clip(column * layer.stride - layer.pad_left, layer.kernel_width, in.width);
        const uint8_t* from = in.first + item * in.item_bytes + rows.begin * in.row_bytes + columns.begin * channels;
        uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes + column * channels;
        const int height = rows.end - rows.begin, width = columns.end - columns.begin;
        int c = 0;
        for (; c + 64 <= channels; c += 64)
          max_pool_channels<64>(from + c, in.row_bytes, channels, height, width, to + c);
        for (; c + 16 <= channels; c += 16)
          max_pool_channels<16>(from + c, in.row_bytes, channels, height, width, to + c);
        for (; c + 8 <= channels; c += 8) max_pool_channels<8>(from + c, in.row_bytes, channels, height, width, to + c);
        for (; c < channels; ++c) max_pool_channels<1>(from + c, in.row_bytes, channels, height, width, to + c);
      }
    }
  }
}

inline void average_pool(const PoolLayer& layer, const Map& in, const Map& out, int items) {
  const int64_t half = int64_t{1} << (layer.scale.shift - 1);
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const Clip rows = clip(row * layer.stride - layer.pad_top, layer.kernel_height, in.height);
      for (int column = 0; column < out.width; ++column) {
        const Clip columns = clip(column * layer.stride - layer.pad_left, layer.kernel_width, in.width);
        const int height = rows.end > rows.begin ? rows.end - rows.begin : 0;
        const int width = columns.end > columns.begin ? columns.end - columns.begin : 0;
        uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes + column * out.channels;
        constexpr int kChannels = 64;
        for (int begin = 0; begin < in.channels; begin += kChannels) {
          const int count = in.channels - begin < kChannels ? in.channels - begin : kChannels;
          int32_t sums[kChannels];
          for (int c = 0; c < kChannels; ++c) sums[c] = -height * width * in.zero;
          for (int y = rows.begin; y < rows.end; ++y) {
            const uint8_t* from =
                in.first + item * in.item_bytes + y * in.row_bytes + columns.begin * in.channels + begin;
            for (int x = 0; x < width; ++x, from += in.channels) {
              for (int c = 0; c < count; ++c) sums[c] += from[c];
            }
          }
          for (int c = 0; c < count; ++c) {
            int64_t y = layer.stored_zero + ((sums[c] * int64_t{layer.scale.multiplier} + half) >> layer.scale.shift);
            y = y < layer.low ? layer.low : y;
            to[begin + c] = static_cast<uint8_t>(y > layer.high ? layer.high : y);
          }
        }
      }
    }
  }
}

inline void add(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  const NarrowScale scale_a(layer.scale[0]), scale_b(layer.scale[1]);
  const int half = layer.fraction_bits == 0 ? 0 : 1 << (layer.fraction_bits - 1);
  const int values = out.width * out.channels;
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const uint8_t* __restrict from_a = a.first + item * a.item_bytes + row * a.row_bytes;
      const uint8_t* __restrict from_b = b.first + item * b.item_bytes + row * b.row_bytes;
      uint8_t* __restrict to = out.first + item * out.item_bytes + row * out.row_bytes;
      for (int i = 0; i < values; ++i) {
        const int sum = scale_a(from_a[i] - layer.zero[0]) + scale_b(from_b[i] - layer.zero[1]);
        const int y = layer.stored_zero + ((sum + half) >> layer.fraction_bits);
        to[i] = static_cast<uint8_t>(clamped(y, layer.low, layer.high));
      }
    }
  }
}

template <int kCount>
inline void copy_channels(const CopyLayer& layer, const NarrowScale& scale, const uint8_t* __restrict from,
                          uint8_t* __restrict to) {
  for (int c = 0; c < kCount; ++c)
    to[c] = static_cast<uint8_t>(clamped(layer.stored_zero + scale(from[c] - layer.zero), layer.low, layer.high));
}

inline void copy(const CopyLayer& layer, const Map& in, const Map& out, int items) {
  const NarrowScale scale(layer.scale);
  const int channels = in.channels;
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < in.height; ++row) {
      const uint8_t* from = in.first + item * in.item_bytes + row * in.row_bytes;
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes + layer.first_channel;
      for (int column = 0; column < in.width; ++column, from += channels, to += out.channels) {
        if (layer.identity) {
          __builtin_memcpy(to, from, static_cast<size_t>(channels));
          continue;
        }
        int c = 0;
        for (; c + 16 <= channels; c += 16) copy_channels<16>(layer, scale, from + c, to + c);
        for (; c + 8 <= channels; c += 8) copy_channels<8>(layer, scale, from + c, to + c);
        for (; c < channels; ++c) copy_channels<1>(layer, scale, from + c, to + c);
      }
    }
  }
}

/// Each pixel `factor` times; a constant number of channels stays in registers. Returns the end.
template <int kChannels>
inline uint8_t* repeat_pixels(const uint8_t* from, int pixels, int factor, uint8_t* to) {
  for (int pixel = 0; pixel < pixels; ++pixel, from += kChannels) {
    for (int copy = 0; copy < factor; ++copy, to += kChannels) __builtin_memcpy(to, from, kChannels);
  }
  return to;
}

inline uint8_t* repeat_pixels(const uint8_t* from, int channels, int pixels, int factor, uint8_t* to) {
  if (channels == 16) return repeat_pixels<16>(from, pixels, factor, to);
  if (channels == 32) return repeat_pixels<32>(from, pixels, factor, to);
  if (channels == 64) return repeat_pixels<64>(from, pixels, factor, to);
  for (int pixel = 0; pixel < pixels; ++pixel, from += channels) {
    for (int copy = 0; copy < factor; ++copy, to += channels) {
      for (int c = 0; c < channels; ++c) to[c] = from[c];
    }
  }
  return to;
}

inline void upsample(int factor, const Map& in, const Map& out, int items) {
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < in.height; ++row) {
      const uint8_t* from = in.first + item * in.item_bytes + row * in.row_bytes;
      uint8_t* const first = out.first + item * out.item_bytes + row * factor * out.row_bytes;
      const uint8_t* const end = repeat_pixels(from, in.channels, in.width, factor, first);
      const auto bytes = static_cast<size_t>(end - first);
      for (int copy = 1; copy < factor; ++copy) __builtin_memcpy(first + copy * out.row_bytes, first, bytes);
    }
  }
}
