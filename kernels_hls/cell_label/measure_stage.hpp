#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/tokens.hpp"
#include "kernels_hls/contract/hlac.hpp"

namespace flashcell {
namespace kernels {

/// For each neighbour k the word whose bit p says that pixel p's neighbour is foreground.
template <class S>
void neighbour_words(const CellWindow<S>& window, uint64_t neighbours[8]) {
  const uint64_t centre = window.planes[0];
  const uint64_t above = window.above.to_uint64(), below = window.below.to_uint64();
  const uint64_t west = ((centre & ~kColumn7) << 1) | as_left_column(static_cast<uint32_t>(window.west.to_uint64()));
  const uint64_t east = ((centre & ~kColumn0) >> 1) | as_left_column(static_cast<uint32_t>(window.east.to_uint64()))
                                                          << 7;
  neighbours[0] = west << 8 | (above & 0xFF);
  neighbours[1] = centre << 8 | (above >> 1 & 0xFF);
  neighbours[2] = east << 8 | (above >> 2 & 0xFF);
  neighbours[3] = west;
  neighbours[4] = east;
  neighbours[5] = west >> 8 | (below & 0xFF) << 56;
  neighbours[6] = centre >> 8 | (below >> 1 & 0xFF) << 56;
  neighbours[7] = east >> 8 | (below >> 2 & 0xFF) << 56;
}

/// Area, moments and box inside the cell.
template <class S>
void measure_geometry(uint64_t pixels, Measured<S>& out) {
  unsigned n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
  uint32_t occupied_columns = 0, occupied_rows = 0;
  for (int i = 0; i < contract::kCellSide; ++i) {
    FLASHCELL_HLS(UNROLL)
    const uint32_t row = static_cast<uint32_t>(pixels >> (8 * i)) & 0xFF;
    const unsigned side = static_cast<unsigned>(i);
    const unsigned in_row = static_cast<unsigned>(popcount(row));
    const unsigned in_column = static_cast<unsigned>(popcount((pixels >> i) & kColumn0));
    const unsigned x_of_row =
        static_cast<unsigned>(popcount(row & 0xAA) + 2 * popcount(row & 0xCC) + 4 * popcount(row & 0xF0));
    n += in_row;
    sx += side * in_column;
    sy += side * in_row;
    sxx += side * side * in_column;
    syy += side * side * in_row;
    sxy += side * x_of_row;
    occupied_columns |= row;
    if (row != 0) occupied_rows |= uint32_t{1} << i;
  }
  out.n = n;
  out.x = sx;
  out.y = sy;
  out.xx = sxx;
  out.yy = syy;
  out.xy = sxy;
  out.left = lowest_index(occupied_columns);
  out.top = lowest_index(occupied_rows);
  out.right = highest_index(occupied_columns);
  out.bottom = highest_index(occupied_rows);
  out.first_x = lowest_index(pixels) % 8;
}

template <bool kKept>
struct Measure {
  template <class S>
  static void hlac(bool wanted, uint64_t pixels, const CellWindow<S>& window, Measured<S>& out) {
    uint64_t neighbours[8];
    FLASHCELL_HLS(ARRAY_PARTITION variable = neighbours complete)
    neighbour_words(window, neighbours);
    for (int i = 1; i < contract::kHlacCount; ++i) {
      FLASHCELL_HLS(UNROLL)
      uint64_t matching = wanted ? pixels : 0;
      for (int k = 0; k < 8; ++k) {
        FLASHCELL_HLS(UNROLL)
        if ((contract::kHlacPatterns[i].neighbours >> k) & 1) matching &= neighbours[k];
      }
      out.hlac.values[i - 1] = popcount(matching);
    }
  }

  /// The pixels of each bin: those whose five planes spell its number.
  template <class S>
  static void hue(bool wanted, uint64_t pixels, const CellWindow<S>& window, Measured<S>& out) {
    for (int bin = 0; bin <= contract::kHueBins; ++bin) {
      FLASHCELL_HLS(UNROLL)
      uint64_t matching = wanted ? pixels : 0;
      for (int bit = 0; bit < S::kHueBits; ++bit) {
        FLASHCELL_HLS(UNROLL)
        const uint64_t plane = window.planes[S::kFirstHuePlane + bit];
        matching &= ((bin >> bit) & 1) ? plane : ~plane;
      }
      out.hue.values[bin] = popcount(matching);
    }
  }

  /// Sums of a plane's weight times its population; the peak bit by bit from the highest.
  template <class S>
  static void grey(bool wanted, uint64_t pixels, const CellWindow<S>& window, Measured<S>& out) {
    uint32_t sum = 0, x = 0, y = 0, peak = 0;
    uint64_t largest = wanted ? pixels : 0;
    for (int bit = S::kGreyBits - 1; bit >= 0; --bit) {
      FLASHCELL_HLS(UNROLL)
      const uint64_t ones = (wanted ? pixels : 0) & window.planes[S::kFirstGreyPlane + bit];
      sum += static_cast<uint32_t>(popcount(ones)) << bit;
      x += static_cast<uint32_t>(sum_of_columns(ones)) << bit;
      y += static_cast<uint32_t>(sum_of_rows(ones)) << bit;
      if ((largest & ones) != 0) {
        largest &= ones;
        peak |= uint32_t{1} << bit;
      }
    }
    out.grey.i = sum;
    out.grey.ix = x;
    out.grey.iy = y;
    out.grey.peak = peak;
  }
};
template <>
struct Measure<false> {
  template <class S>
  static void hlac(bool, uint64_t, const CellWindow<S>&, Measured<S>&) {}
  template <class S>
  static void hue(bool, uint64_t, const CellWindow<S>&, Measured<S>&) {}
  template <class S>
  static void grey(bool, uint64_t, const CellWindow<S>&, Measured<S>&) {}
};

template <class S>
void set_shape(const Part<S>& part, Shape<false>& shape) {
  shape.occupied = part.occupied;
}
template <class S>
void set_shape(const Part<S>& part, Shape<true>& shape) {
  shape.pixels = part.pixels;
  shape.bottom = bottom_row(part.window.planes[0]);
  shape.right = right_column(part.window.planes[0]);
  shape.last = part.last;
}

template <class S>
Measured<S> measure_part(const Job& job, const Part<S>& part) {
  Measured<S> out;
  out.column = part.column;
  out.row = part.row;
  measure_geometry<S>(part.pixels, out);
  Measure<S::kHlac>::hlac((job.features & contract::kFeatureHlac) != 0, part.pixels, part.window, out);
  Measure<S::kHue>::hue((job.features & contract::kFeatureHue) != 0, part.pixels, part.window, out);
  Measure<S::kIntensity>::grey((job.features & contract::kFeatureIntensity) != 0, part.pixels, part.window, out);
  return out;
}

/// Features of every part, in the order of the parts.
template <class S, class Parts, class Cells>
void measure_stage(const Job& job, Parts& parts, Cells& measured) {
  const Measured<S> nothing = Measured<S>();
  FLASHCELL_LOOP(measure, 1, 8)
  for (bool running = true; running;) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(measure);
    const Part<S> part = parts.read();
    running = !part.stop;
    if (!running) continue;
    MeasuredPart<S> result;
    set_shape(part, result.shape);
    // All sums are 0 without pixels; a CPU is spared the work.
    result.sums = part.pixels == 0 ? nothing : measure_part(job, part);
    measured.write(result);
  }
}

}  // namespace kernels
}  // namespace flashcell
