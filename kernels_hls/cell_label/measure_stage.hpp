#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/tokens.hpp"
#include "kernels_hls/contract/colour.hpp"
#include "kernels_hls/contract/hlac.hpp"

namespace flashcell {
namespace kernels {

/// For each neighbour k the word whose bit p says that pixel p's neighbour is foreground.
inline void neighbour_words(const CellWindow& window, uint64_t neighbours[8]) {
  // Rows of the three cells above and below, moved so that bit p is the pixel over or under p.
  const uint64_t cells[3] = {window.around[3], window.centre, window.around[4]};
  uint64_t up[3], down[3];
  for (int i = 0; i < 3; ++i) {
    FLASHCELL_HLS(UNROLL)
    up[i] = cells[i] << 8 | window.around[i] >> 56;
    down[i] = cells[i] >> 8 | window.around[5 + i] << 56;
  }
  const uint64_t* const bands[3] = {up, cells, down};
  for (int band = 0; band < 3; ++band) {
    FLASHCELL_HLS(UNROLL)
    const uint64_t* words = bands[band];
    const uint64_t from_left = ((words[1] & ~kColumn7) << 1) | ((words[0] & kColumn7) >> 7);
    const uint64_t from_right = ((words[1] & ~kColumn0) >> 1) | ((words[2] & kColumn0) << 7);
    const int first = band == 0 ? 0 : band == 1 ? 3 : 5;  // of the band's neighbours in contract::kNeighbourDx
    neighbours[first] = from_left;
    if (band != 1) neighbours[first + 1] = words[1];
    neighbours[band == 1 ? 4 : first + 2] = from_right;
  }
}

template <class S>
void measure_hlac(uint64_t pixels, const uint64_t neighbours[8], Features<S>& features) {
  for (int i = 1; i < contract::kHlacCount; ++i) {
    FLASHCELL_HLS(UNROLL)
    uint64_t matching = pixels;
    for (int k = 0; k < 8; ++k) {
      FLASHCELL_HLS(UNROLL)
      if ((contract::kHlacPatterns[i].neighbours >> k) & 1) matching &= neighbours[k];
    }
    features.hlac[i - 1] = popcount(matching);
  }
}

/// Area, moments, box and first pixel of `pixels` in the cell whose top-left pixel is (x0, y0).
template <class S>
void measure_geometry(uint64_t pixels, int x0, int y0, int width, Features<S>& features) {
  // Sums over the columns and rows of the cell: at most 64 * 49.
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
  const uint64_t x = static_cast<uint64_t>(x0), y = static_cast<uint64_t>(y0);
  features.m00 = n;
  features.m10 = n * x + sx;
  features.m01 = n * y + sy;
  features.m20 = n * x * x + 2 * x * sx + sxx;
  features.m11 = n * x * y + x * sy + y * sx + sxy;
  features.m02 = n * y * y + 2 * y * sy + syy;
  const int left = popcount(lowest_bit(occupied_columns) - 1), top = popcount(lowest_bit(occupied_rows) - 1);
  int right = 0, bottom = 0;
  for (int i = 0; i < contract::kCellSide; ++i) {
    FLASHCELL_HLS(UNROLL)
    if ((occupied_columns >> i) & 1) right = i;
    if ((occupied_rows >> i) & 1) bottom = i;
  }
  features.left = x0 + left;
  features.right = x0 + right;
  features.top = y0 + top;
  features.bottom = y0 + bottom;
  const int first = popcount(lowest_bit(pixels) - 1);
  features.first_pixel = static_cast<uint32_t>((y0 + first / 8) * width + x0 + first % 8);
}

template <class S>
void measure_pixels(const Job& job, uint64_t pixels, const CellPixels& values, int x0, int y0, Features<S>& features) {
  features.sum_i = features.sum_ix = features.sum_iy = 0;
  features.peak = 0;
  features.achromatic = 0;
  for (int bin = 0; bin < contract::kHueBins; ++bin) {
    FLASHCELL_HLS(UNROLL)
    features.hue[bin] = 0;
  }
  for (int p = 0; p < contract::kCellPixels; ++p) {
    FLASHCELL_HLS(UNROLL)
    if (((pixels >> p) & 1) == 0) continue;
    if (job.features & contract::kFeatureIntensity) {
      const uint64_t grey = values.grey[p];
      features.sum_i += grey;
      features.sum_ix += grey * static_cast<uint64_t>(x0 + p % 8);
      features.sum_iy += grey * static_cast<uint64_t>(y0 + p / 8);
      if (features.peak < values.grey[p]) features.peak = values.grey[p];
    }
    if (job.features & contract::kFeatureHue) {
      const contract::Hsv8 colour = contract::hsv8(values.red[p], values.green[p], values.blue[p]);
      if (colour.s < job.saturation_floor || colour.v < job.value_floor) {
        features.achromatic += 1;
      } else {
        features.hue[colour.h >> 4] += 1;
      }
    }
  }
}

/// Features of every component, in the order of the components; cells without one give none.
template <class S>
void measure_stage(const Job& job, hls::stream<CellWindow>& windows, hls::stream<Component>& components,
                   hls::stream<CellPixels>& pixels, hls::stream<Features<S>>& measured) {
  const bool reads_pixels = (job.features & (contract::kFeatureHue | contract::kFeatureIntensity)) != 0;
  for (int row = 0; row < job.rows; ++row) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns)
    for (int column = 0; column < job.columns; ++column) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns)
      uint64_t neighbours[8] = {};
      neighbour_words(windows.read(), neighbours);
      CellPixels values = {};
      if (reads_pixels) values = pixels.read();
      const int x0 = column * contract::kCellSide, y0 = row * contract::kCellSide;
      bool last = false;
      for (int i = 0; i < S::kComponents && !last; ++i) {
        FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kComponents)
        FLASHCELL_HLS(PIPELINE II = 1)
        const Component component = components.read();
        last = component.last;
        if (component.pixels == 0) continue;
        Features<S> features = Features<S>();
        measure_geometry(component.pixels, x0, y0, job.width, features);
        if (job.features & contract::kFeatureHlac) measure_hlac(component.pixels, neighbours, features);
        if (reads_pixels) measure_pixels(job, component.pixels, values, x0, y0, features);
        measured.write(features);
      }
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
