#pragma once
#include "kernels_hls/cell_label/hue_code.hpp"
#include "kernels_hls/cell_label/tokens.hpp"
#include "kernels_hls/contract/colour.hpp"

// 64 neighbouring pixels of a row, and what follows from them.
namespace flashcell {
namespace kernels {

constexpr int kGroupPixels = 64;

/// Pixels that one clock serves: as many as come in a word.
template <int kPixels>
struct Colours {
  uint8_t red[kPixels], green[kPixels], blue[kPixels];
};
template <int kPixels>
struct Greys {
  uint16_t values[kPixels];
};

/// A word of RGB completes 21 pixels or, as a group's third, 22.
constexpr int kColourPixels = 22;
constexpr int kFirstOfColours = 21;  ///< the first pixel of a group's words: 0, 21, 42

inline uint8_t byte_at(const uint64_t lanes[kLanes], int index) {
  return static_cast<uint8_t>(lanes[index / 8] >> (8 * (index % 8)));
}

inline void split_word(const Word& word, uint64_t lanes[kLanes]) {
  for (int i = 0; i < kLanes; ++i) {
    FLASHCELL_HLS(UNROLL)
    lanes[i] = lane(word, i);
  }
}

template <int kPixels>
Greys<kPixels> grey_of(const Colours<kPixels>& colours) {
  Greys<kPixels> greys;
  for (int p = 0; p < kPixels; ++p) {
    FLASHCELL_HLS(UNROLL)
    greys.values[p] = contract::luma8(colours.red[p], colours.green[p], colours.blue[p]);
  }
  return greys;
}

template <int kPixels>
uint64_t bright_pixels(const Greys<kPixels>& greys, uint32_t threshold) {
  uint64_t mask = 0;
  for (int p = 0; p < kPixels; ++p) {
    FLASHCELL_HLS(UNROLL)
    mask |= static_cast<uint64_t>(greys.values[p] >= threshold) << p;
  }
  return mask;
}

/// One colour class: a bit for each of 32 x 32 x 32 colours (contract::kColourTableSide). Each of the kColourPixels of
/// a clock reads a copy of its own: a memory with one write port and many read ports (RAM_1WNR) is a bank for each.
struct ColourClassTable {
  static constexpr int kCopies = 22;
  uint64_t bits[contract::kColourTableWords];
  template <class Visit>
  void fields(Visit& visit) const {
    visit(bits);
  }
  bool contains(uint8_t red, uint8_t green, uint8_t blue) const {
    constexpr int kSide = contract::kColourTableSide;
    const int index = (red / 8 * kSide + green / 8) * kSide + blue / 8;
    return (bits[index / 64] >> (index % 64)) & 1;
  }
};

/// Bit class_id of the table's 64 bytes in `word`.
inline uint64_t class_bits(const Word& word, uint32_t class_id) {
  uint64_t bits = 0;
  for (int i = 0; i < contract::kWordBytes; ++i) {
    FLASHCELL_HLS(UNROLL)
    bits |= ((lane(word, i / 8) >> (8 * (i % 8) + static_cast<int>(class_id))) & 1) << i;
  }
  return bits;
}

template <int kPixels>
uint64_t pixels_in_class(const Colours<kPixels>& colours, const ColourClassTable& table) {
  uint64_t mask = 0;
  for (int p = 0; p < kPixels; ++p) {
    FLASHCELL_HLS(UNROLL)
    mask |= static_cast<uint64_t>(table.contains(colours.red[p], colours.green[p], colours.blue[p])) << p;
  }
  return mask;
}

/// What a build measures of pixels, into the planes of a RowGroup from its pixel `first` on, those of `mask`; nothing
/// where it measures none.
template <bool kKept>
struct Planes {
  template <class S, int kPixels>
  static void grey(const Greys<kPixels>& greys, int first, uint64_t mask, RowGroup<S>& group) {
    for (int bit = 0; bit < S::kGreyBits; ++bit) {
      FLASHCELL_HLS(UNROLL)
      uint64_t plane = 0;
      for (int p = 0; p < kPixels; ++p) {
        FLASHCELL_HLS(UNROLL)
        plane |= static_cast<uint64_t>((greys.values[p] >> bit) & 1) << p;
      }
      group.planes[S::kFirstGreyPlane + bit] |= (plane & mask) << first;
    }
  }

  template <class S, int kPixels>
  static void hue(const Job& job, const Colours<kPixels>& colours, int first, uint64_t mask, RowGroup<S>& group) {
    uint64_t planes[S::kHueBits] = {};
    for (int p = 0; p < kPixels; ++p) {
      FLASHCELL_HLS(UNROLL)
      if (((mask >> p) & 1) == 0) continue;
      const int code =
          hue_code(colours.red[p], colours.green[p], colours.blue[p], job.saturation_floor, job.value_floor);
      for (int bit = 0; bit < S::kHueBits; ++bit) {
        FLASHCELL_HLS(UNROLL)
        planes[bit] |= static_cast<uint64_t>((code >> bit) & 1) << p;
      }
    }
    for (int bit = 0; bit < S::kHueBits; ++bit) {
      FLASHCELL_HLS(UNROLL)
      group.planes[S::kFirstHuePlane + bit] |= planes[bit] << first;
    }
  }
};
template <>
struct Planes<false> {
  template <class S, int kPixels>
  static void grey(const Greys<kPixels>&, int, uint64_t, RowGroup<S>&) {}
  template <class S, int kPixels>
  static void hue(const Job&, const Colours<kPixels>&, int, uint64_t, RowGroup<S>&) {}
};

}  // namespace kernels
}  // namespace flashcell
