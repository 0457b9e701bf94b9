#pragma once
#include <cstdint>

#include "host/label/bit_image.hpp"
#include "host/segment/segmenter.hpp"
#include "pipeline/frame.hpp"

// The per-pixel work of the segmenters, with the widest vectors of the machine it runs on. Every target gives the same
// bits. Masks must already have the frame's size (BitImage::resize); their padding stays 0. Nothing here allocates.
namespace flashcell::host {

/// Bytes of classify()'s lookup table: 5 bits a channel.
constexpr int kColourTableSize = 32 * 32 * 32;

/// Index of a colour in classify()'s lookup table.
constexpr int colour_table_index(uint8_t r, uint8_t g, uint8_t b) {
  return (r >> 3) << 10 | (g >> 3) << 5 | b >> 3;
}

/// Foreground is grey >= threshold (bright) or grey < threshold (dark), any int. Of colour frames grey is
/// contract::luma8; where whole words of pixels are on one side of the threshold in every channel, luma is not even
/// computed.
void binarize(const FrameView& frame, int threshold, Polarity polarity, BitImage& mask);

/// contract::luma8 of `width` pixels of an rgb8 or bgr8 row.
void luma_row(const uint8_t* pixels, PixelFormat format, int width, uint8_t* grey);

/// contract::luma8 of a whole rgb8 or bgr8 frame; the rows of `grey` are `grey_stride` bytes apart.
void luma(const FrameView& frame, uint8_t* grey, int64_t grey_stride);

/// Colour classes of an rgb8 or bgr8 frame: bit k of table[colour_table_index(pixel)] set makes the pixel foreground of
/// masks[k], for k < classes (1..8).
void classify(const FrameView& frame, const uint8_t* table, int classes, BitImage* masks);

}  // namespace flashcell::host
