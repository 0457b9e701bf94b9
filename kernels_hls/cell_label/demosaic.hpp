#pragma once
#include "kernels_hls/cell_label/pixels.hpp"

namespace flashcell {
namespace kernels {

/// The three rows of a Bayer frame that came last.
template <class S>
struct DemosaicMemory {
  uint64_t rows[3][S::kGroups][kLanes];
  template <class Visit>
  void fields(Visit& visit) const {
    visit(rows);
  }
};

/// Three groups of three rows: the pixels around those of the middle one.
struct BayerWindow {
  uint8_t pixels[3][3 * kGroupPixels];

  template <class Visit>
  void fields(Visit& visit) const {
    visit(pixels);
  }

  void shift() {
    for (int row = 0; row < 3; ++row) {
      FLASHCELL_HLS(UNROLL)
      for (int p = 0; p < 2 * kGroupPixels; ++p) {
        FLASHCELL_HLS(UNROLL)
        pixels[row][p] = pixels[row][p + kGroupPixels];
      }
    }
  }
  void put(int row, const uint64_t lanes[kLanes]) {
    for (int p = 0; p < kGroupPixels; ++p) {
      FLASHCELL_HLS(UNROLL)
      pixels[row][2 * kGroupPixels + p] = byte_at(lanes, p);
    }
  }
};

inline uint8_t mean(unsigned a, unsigned b) {
  return static_cast<uint8_t>((a + b + 1) >> 1);
}
inline uint8_t mean(unsigned a, unsigned b, unsigned c, unsigned d) {
  return static_cast<uint8_t>((a + b + c + d + 2) >> 2);
}

/// Whether the pixel in an even row and column is red, or (layout grbg, gbrg) whether the one beside it is, and so on.
struct Mosaic {
  bool red_in_odd_row, red_in_odd_column;
  explicit Mosaic(contract::PixelLayout layout)
      : red_in_odd_row(layout == contract::PixelLayout::bayer_bggr || layout == contract::PixelLayout::bayer_gbrg),
        red_in_odd_column(layout == contract::PixelLayout::bayer_bggr || layout == contract::PixelLayout::bayer_grbg) {}
};

/// The colour of pixel `x` (in the window: kGroupPixels and up) of the window's middle row by the means of its
/// neighbours of each colour, rounded, as OpenCV's bilinear demosaicing.
inline void demosaic_pixel(const BayerWindow& window, int x, bool red_row, bool red_column, uint8_t& red,
                           uint8_t& green, uint8_t& blue) {
  const uint8_t* const up = window.pixels[0] + x;
  const uint8_t* const here = window.pixels[1] + x;
  const uint8_t* const down = window.pixels[2] + x;
  if (red_row == red_column) {  // on a red or a blue pixel
    const uint8_t diagonal = mean(up[-1], up[1], down[-1], down[1]);
    green = mean(up[0], here[-1], here[1], down[0]);
    red = red_row ? here[0] : diagonal;
    blue = red_row ? diagonal : here[0];
  } else {  // on a green one
    const uint8_t across = mean(here[-1], here[1]), along = mean(up[0], down[0]);
    green = here[0];
    red = red_row ? across : along;
    blue = red_row ? along : across;
  }
}

/// Colours of the middle group from its pixel `from` on. Frame borders take those of their neighbours inside: `first`
/// and `last` are the frame's first and last pixel in the window.
inline Colours<kColourPixels> demosaic_group(const BayerWindow& window, const Mosaic& mosaic, bool odd_row, int from,
                                             int first, int last) {
  Colours<kColourPixels> colours;
  for (int p = 0; p < kColourPixels; ++p) {
    FLASHCELL_HLS(UNROLL)
    int x = kGroupPixels + from + p;
    if (x == first) x += 1;
    if (x == last) x -= 1;
    const bool red_column = ((x % 2) != 0) == mosaic.red_in_odd_column;
    demosaic_pixel(window, x, odd_row == mosaic.red_in_odd_row, red_column, colours.red[p], colours.green[p],
                   colours.blue[p]);
  }
  return colours;
}

}  // namespace kernels
}  // namespace flashcell
