#pragma once
#include <stdint.h>

#include "kernels_hls/contract/limits.hpp"
#include "kernels_hls/contract/object.hpp"

// What host and kernel `cell_label` exchange in one launch. All buffers are rows of 512-bit words in the board's
// memory, little-endian. Offsets and sizes below count such words.
//
//   frames      frame f at f * frame_words; its row y at y * row_words; pixels packed without gaps inside a row
//   masks       Segmentation::given only. Mask k of frame f at (f * classes + k) * mask_words; row y at y *
//   mask_row_words;
//               bit x of a row is pixel x, 1 is foreground
//   parameters  one CellLabelJob, then the colour table: 512 words (Segmentation::colour_table only)
//   results     frame f, class k at (f * classes + k) * result_words: one ResultHeader, then for each object its
//               ObjectRecord and, where features != 0, its ObjectFeatures. Objects stand in the order in which they are
//               complete; the host sorts
namespace flashcell {
namespace contract {

constexpr int kWordBytes = 64;  ///< a 512-bit word

/// Side of the colour table: 32 x 32 x 32 entries of 8 bits, index (r/8 * 32 + g/8) * 32 + b/8; bit k is set when the
/// colour belongs to class k.
constexpr int kColourTableSide = 32;
constexpr int kColourTableWords = kColourTableSide * kColourTableSide * kColourTableSide / kWordBytes;

/// How pixels stand in `frames`. Bayer names are the colours of the first two pixels of the first two rows.
enum class PixelLayout : uint8_t {
  none = 0,  ///< `frames` is not read: masks are given and no feature needs pixels
  grey8 = 1,
  grey16 = 2,  ///< little-endian
  rgb8 = 3,    ///< interleaved, red first
  bgr8 = 4,
  bayer_rggb = 5,  ///< 8 bit; bilinear, as OpenCV's demosaicing
  bayer_bggr = 6,
  bayer_grbg = 7,
  bayer_gbrg = 8,
};

constexpr bool is_bayer(PixelLayout layout) {
  return static_cast<uint8_t>(layout) >= static_cast<uint8_t>(PixelLayout::bayer_rggb);
}
constexpr bool has_colour(PixelLayout layout) {
  return static_cast<uint8_t>(layout) >= static_cast<uint8_t>(PixelLayout::rgb8);
}

/// Which pixels are foreground.
enum class Segmentation : uint8_t {
  given = 0,         ///< `masks` says so: the host has segmented
  threshold = 1,     ///< grey >= threshold, or grey < threshold when `dark`; luma8 of colour pixels
  colour_table = 2,  ///< class k: bit k of the table's entry
};

/// The launch's parameters: one word.
struct CellLabelJob {
  uint32_t contract_version;  ///< kContractVersion of the host
  uint16_t width, height;     ///< px, 1 .. the build's largest side
  uint32_t min_area, max_area;
  uint32_t capacity;  ///< objects that fit into one result region; those that are complete later are counted as lost
  uint32_t row_words, frame_words;
  uint32_t mask_row_words, mask_words;
  uint32_t result_words;  ///< at least 1 + capacity * words_per_object(features)
  uint32_t threshold;     ///< 0 .. 65536
  PixelLayout layout;
  Segmentation segmentation;
  Connectivity connectivity;
  uint8_t features;  ///< FeatureBits
  uint8_t classes;   ///< masks or colour classes of a frame: 1 .. 8
  uint8_t dark;      ///< 0 or 1
  uint8_t min_cell_pixels, saturation_floor, value_floor;
  uint8_t reserved[11];
};
static_assert(sizeof(CellLabelJob) == kWordBytes, "host and kernel share this layout");

/// What became of a frame.
enum class ResultStatus : uint32_t {
  none = 0,  ///< nothing was written: the host clears headers before a launch
  done = 1,
  wrong_version = 2,  ///< the job's contract version is not the kernel's
  bad_job = 3,        ///< the frame, the connectivity or the features are beyond this build, or an offset does not fit
};

/// First word of a result region; written after the region's objects.
struct ResultHeader {
  ResultStatus status;
  uint32_t contract_version;  ///< of the kernel
  uint32_t sequence;          ///< the launch's sequence number plus the frame's place in it: tells old results from new
  uint32_t class_id;
  uint32_t objects;             ///< that follow
  uint32_t lost;                ///< complete objects beyond `capacity`
  uint32_t too_small;           ///< below min_area
  uint32_t too_large;           ///< above max_area
  uint32_t largest_too_small;   ///< px; 0: none
  uint32_t smallest_too_large;  ///< px; kNoArea: none
  uint32_t foreground;          ///< px
  uint32_t
      object_words;  ///< from one object to the next: its record and as many words of its features; the others are 0
  uint32_t reserved[4];
};
static_assert(sizeof(ResultHeader) == kWordBytes, "host and kernel share this layout");

/// Words of ObjectFeatures that a kernel writes where features are measured: those that hold any. The results port
/// takes a word a clock, and with three a picture full of objects still leaves as fast as it comes
/// (cell_label/README.md). A build that measures more writes more, and says so in its results' headers.
constexpr uint32_t kFeatureWords = 3;
constexpr uint32_t kMostFeatureWords = sizeof(ObjectFeatures) / kWordBytes;

/// Words of one object in a result region.
constexpr uint32_t words_per_object(uint8_t features) {
  return 1 + (features != 0 ? kFeatureWords : 0);
}

/// Bytes of one pixel in `frames`; 0 for PixelLayout::none.
constexpr uint32_t bytes_of(PixelLayout layout) {
  return layout == PixelLayout::none                                  ? 0
         : layout == PixelLayout::grey16                              ? 2
         : layout == PixelLayout::rgb8 || layout == PixelLayout::bgr8 ? 3
                                                                      : 1;
}

/// Words that hold `bytes` bytes.
constexpr uint32_t words_for(uint64_t bytes) {
  return static_cast<uint32_t>((bytes + kWordBytes - 1) / kWordBytes);
}

/// Objects that can end in one row of cells at most: in mode `cell` every second cell, else the pixels of a chessboard
/// (4-connected) or every second pixel of every second row (8-connected). When a row of cells has gone through, every
/// object that ends in the row above it is complete, and so are some that end in it. So a region with max_objects plus
/// twice this number holds the first max_objects in the order of FrameSummary, whatever the order inside a row.
constexpr uint32_t objects_of_cell_row(Connectivity connectivity, uint32_t width) {
  return connectivity == Connectivity::cell     ? (static_cast<uint32_t>(cells_for(static_cast<int>(width))) + 1) / 2
         : connectivity == Connectivity::exact8 ? 4 * ((width + 1) / 2)
                                                : 4 * width;
}

}  // namespace contract
}  // namespace flashcell
