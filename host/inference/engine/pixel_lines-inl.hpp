// Which output pixels a convolution works on together. Included once by each instruction set, inside its namespace.

/// Pixels in lines: inside of a line neighbours lie `in_step` and `out_step` bytes apart.
struct PixelLines {
  int rows, columns, items;  // of the lines: row * row_bytes + column * column_bytes + item * item_bytes
  int length;
  ptrdiff_t in_row, in_column, in_item, in_step;
  ptrdiff_t out_row, out_column, out_item, out_step;
  ptrdiff_t next;  // from a row to the in_row bytes that only the row behind it reads; 0: they are near already
};

inline PixelLines pixel_lines(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const ptrdiff_t in_pixel = static_cast<ptrdiff_t>(layer.stride_columns) * in.channels;
  const ptrdiff_t in_row = layer.stride_rows * in.row_bytes;
  const bool single = layer.kernel_height * layer.kernel_width * layer.stride_rows * layer.stride_columns == 1;
  if (single && !in.bordered && !out.bordered) {
    return {1, 1, 1, items * out.height * out.width, 0, 0, 0, in_pixel, 0, 0, 0, out.channels, 0};
  }
  const ptrdiff_t next = in.far ? layer.kernel_height * in.row_bytes : 0;
  if (out.width < 4 && items >= 4) {
    return {out.height,    out.width,    1, items,          in_row, in_pixel, 0, in.item_bytes,
            out.row_bytes, out.channels, 0, out.item_bytes, next};
  }
  return {out.height,    1, items,          out.width,    in_row, 0, in.item_bytes, in_pixel,
          out.row_bytes, 0, out.item_bytes, out.channels, next};
}

/// Pixels that all channels are computed for before the next ones are looked at, so that input and output stay in the
/// nearest cache; a multiple of `unit`. All pixels where the weights fill that cache alone.
inline int pixels_of_tile(const WeightedLayer& layer, ptrdiff_t weights, const Map& in, const Map& out, int unit) {
  constexpr ptrdiff_t kNearBytes = 20 << 10, kMostWeights = 128 << 10;
  if (weights > kMostWeights) return 1 << 30;
  const ptrdiff_t bytes = static_cast<ptrdiff_t>(layer.stride_rows) * layer.stride_columns * in.channels + out.channels;
  const auto units = static_cast<int>(kNearBytes / (bytes * unit));
  return units < 1 ? unit : units * unit;
}

/// Calls work(lines, in, out) for parts of all lines of about so many pixels: of one line, whole rows or whole items.
/// No part of a line is shorter than `least` pixels if the line is not.
template <class Work>
inline void for_each_tile(const PixelLines& lines, int pixels, int least, const uint8_t* in, uint8_t* out, Work work) {
  const int row_pixels = lines.columns * lines.length, item_pixels = lines.rows * row_pixels;
  PixelLines part = lines;
  if (lines.rows * lines.columns * lines.items == 1) {
    for (int begin = 0; begin < lines.length; begin += part.length) {
      const int left = lines.length - begin;
      part.length = left - pixels < least ? left : pixels;
      work(part, in + begin * lines.in_step, out + begin * lines.out_step);
    }
    return;
  }
  const int most_items = pixels / item_pixels > 1 ? pixels / item_pixels : 1;
  const int most_rows = most_items > 1 || pixels >= item_pixels ? lines.rows : pixels / row_pixels + 1;
  for (int item = 0; item < lines.items; item += most_items) {
    part.items = lines.items - item < most_items ? lines.items - item : most_items;
    for (int row = 0; row < lines.rows; row += most_rows) {
      part.rows = lines.rows - row < most_rows ? lines.rows - row : most_rows;
      work(part, in + item * lines.in_item + row * lines.in_row, out + item * lines.out_item + row * lines.out_row);
    }
  }
}

/// The processor's own prefetching stops at every page.
inline void prefetch(const uint8_t* from, ptrdiff_t bytes) {
  for (ptrdiff_t i = 0; i < bytes; i += 64) __builtin_prefetch(from + i);
}

/// Calls work(in, out, count) with the addresses of up to kMost runs of kPixels pixels each, until every pixel has been
/// in a run. The last run of a line overlaps the one before; lines that are too short say so by in_step 0.
template <int kMost, int kPixels, class Work>
inline void for_each_run(const PixelLines& lines, const uint8_t* in, uint8_t* out, Work work) {
  const uint8_t* in_runs[kMost];
  uint8_t* out_runs[kMost];
  int count = 0;
  for (int item = 0; item < lines.items; ++item) {
    for (int row = 0; row < lines.rows; ++row) {
      if (lines.next != 0) prefetch(in + item * lines.in_item + row * lines.in_row + lines.next, lines.in_row);
      for (int column = 0; column < lines.columns; ++column) {
        const uint8_t* in_line = in + item * lines.in_item + row * lines.in_row + column * lines.in_column;
        uint8_t* out_line = out + item * lines.out_item + row * lines.out_row + column * lines.out_column;
        for (int x = 0; x < lines.length; x += kPixels) {
          int first = x;
          if (first > lines.length - kPixels) first = lines.length - kPixels;
          if (lines.length < kPixels) first = x;
          in_runs[count] = in_line + first * lines.in_step;
          out_runs[count] = out_line + first * lines.out_step;
          if (++count == kMost) {
            work(in_runs, out_runs, count);
            count = 0;
          }
        }
      }
    }
  }
  if (count != 0) work(in_runs, out_runs, count);
}
