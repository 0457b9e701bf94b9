#pragma once
#include "kernels_hls/cell_label/demosaic.hpp"
#include "kernels_hls/cell_label/pixels.hpp"
#include "kernels_hls/cell_label/raster.hpp"

namespace flashcell {
namespace kernels {

/// Pixels of group `group` that are inside the frame.
inline uint64_t inside_frame(const Job& job, uint32_t group) {
  const uint32_t left = job.width - group * kGroupPixels;
  return left >= kGroupPixels ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
}

/// What is foreground, and what is measured of the pixels. Templates are over the streams of masks (read where masks
/// are given) and of groups.
template <class S, class Masks, class Groups>
class Segmenter {
 public:
  Segmenter(const Job& job, ColourClassTable& table, Masks& masks, Groups& groups)
      : job_(job), table_(table), masks_(masks), groups_(groups) {}

  /// For the class that begins, where classes are colours: 64 colours a clock.
  void load(const Word* parameters, uint32_t class_id) {
    FLASHCELL_LOOP(load_colours, 1, 3)
    for (int i = 0; i < contract::kColourTableWords; ++i) {
      FLASHCELL_HLS(PIPELINE II = 1)
      FLASHCELL_ITERATION(load_colours);
      table_.bits[i] = class_bits(parameters[1 + i], class_id);
    }
  }

  /// A group's pixels come in parts: begin, one or more of grey() and colour(), end.
  void begin() {
    group_ = RowGroup<S>();
    given_ = given() ? masks_.read() : 0;
  }
  template <int kPixels>
  void grey(int first, const Greys<kPixels>& greys) {
    const uint64_t mask = add(first, kPixels, given() ? 0 : by_threshold(greys));
    if (mask == 0) return;  // values count only in the foreground
    Planes<S::kIntensity>::grey(greys, first, mask, group_);
  }
  /// `get` gives the Colours of the part's pixels.
  template <class GetColours>
  void colour(int first, int pixels, GetColours get) {
    if (given() && add(first, pixels, 0) == 0) return;
    const Colours<kColourPixels> colours = get();
    const bool by_table = job_.segmentation == contract::Segmentation::colour_table;
    const uint64_t found = given() ? 0 : by_table ? pixels_in_class(colours, table_) : by_threshold(grey_of(colours));
    const uint64_t mask = add(first, pixels, found);
    if (mask == 0) return;
    Planes<S::kIntensity>::grey(grey_of(colours), first, mask, group_);
    Planes<S::kHue>::hue(job_, colours, first, mask, group_);
  }
  void end(uint32_t group) {
    group_.planes[0] &= inside_frame(job_, group);
    groups_.write(group_);
  }

  void mask_only(uint32_t group) {
    begin();
    group_.planes[0] = given_;
    end(group);
  }

  /// A row below the frame.
  void below() { groups_.write(RowGroup<S>()); }

 private:
  bool given() const { return job_.segmentation == contract::Segmentation::given; }
  template <int kPixels>
  uint64_t by_threshold(const Greys<kPixels>& greys) const {
    const uint64_t bright = bright_pixels(greys, job_.threshold);
    return job_.dark ? ~bright : bright;
  }
  /// Foreground of the group's pixels first .. first + pixels - 1, from the first one on.
  uint64_t add(int first, int pixels, uint64_t found) {
    const uint64_t all = pixels >= kGroupPixels ? ~uint64_t{0} : (uint64_t{1} << pixels) - 1;
    const uint64_t mask = (given() ? given_ >> first : found) & all;
    group_.planes[0] |= mask << first;
    return mask;
  }

  const Job& job_;
  ColourClassTable& table_;
  Masks& masks_;
  Groups& groups_;
  RowGroup<S> group_ = RowGroup<S>();
  uint64_t given_ = 0;
};

/// Whether a pass begins with another colour class than the last one.
inline bool loads_table(const Job& job, uint32_t pass) {
  return job.segmentation == contract::Segmentation::colour_table && (pass == 0 || job.classes > 1);
}

inline uint64_t groups_of_launch(const Job& job) {
  return static_cast<uint64_t>(job.passes) * 8 * job.rows * job.groups;
}

/// Masks alone: a group a clock.
template <class S, class Masks, class Groups>
void segment_given(const Job& job, ColourClassTable& table, Masks& masks, Groups& groups) {
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  Raster at;
  FLASHCELL_LOOP(segment_given, 1, 3)
  for (uint64_t i = 0; i < groups_of_launch(job); ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(segment_given);
    if (at.row < job.height) {
      segmenter.mask_only(at.column);
    } else {
      segmenter.below();
    }
    at.step(job.groups, 8 * job.rows, job.classes);
  }
}

/// A word a clock: 64 pixels of one byte, 32 of two.
template <class S, int kBytes, class Words, class Masks, class Groups>
void segment_grey(const Job& job, ColourClassTable& table, Words& words, Masks& masks, Groups& groups) {
  constexpr int kPixels = kGroupPixels / kBytes;
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  Raster at;  // words
  FLASHCELL_LOOP(segment_grey, 1, 4)
  for (uint64_t i = 0; i < kBytes * groups_of_launch(job); ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 32768)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(segment_grey);
    const uint32_t group = at.column / kBytes, part = at.column % kBytes;
    if (at.row < job.height) {
      uint64_t lanes[kLanes];
      FLASHCELL_HLS(ARRAY_PARTITION variable = lanes complete)
      split_word(words.read(), lanes);
      Greys<kPixels> greys;
      for (int p = 0; p < kPixels; ++p) {
        FLASHCELL_HLS(UNROLL)
        const uint32_t low = byte_at(lanes, kBytes * p), high = kBytes == 2 ? byte_at(lanes, kBytes * p + 1) : 0u;
        greys.values[p] = static_cast<uint16_t>(low | high << 8);
      }
      if (part == 0) segmenter.begin();
      segmenter.grey(static_cast<int>(part) * kPixels, greys);
      if (part == kBytes - 1) segmenter.end(group);
    } else if (part == 0) {
      segmenter.below();
    }
    at.step(kBytes * job.groups, 8 * job.rows, job.classes);
  }
}

/// A word's bytes behind the last two of the word before: a pixel may begin there.
struct ColourBytes {
  uint64_t lanes[kLanes];
  uint32_t before;

  void next(const Word& word) {
    before = static_cast<uint32_t>(lanes[kLanes - 1] >> 48);
    split_word(word, lanes);
  }
  uint8_t at(int index) const {
    return index < 2 ? static_cast<uint8_t>(before >> (8 * index)) : byte_at(lanes, index - 2);
  }
  /// The pixels that word `part` of a group, 0 .. 2, completes, and one more for the first two.
  Colours<kColourPixels> colours(uint32_t part, bool bgr) const {
    constexpr int kLast = contract::kWordBytes + 1;
    Colours<kColourPixels> out;
    for (int p = 0; p < kColourPixels; ++p) {
      FLASHCELL_HLS(UNROLL)
      const int first = 3 * p + 2 - static_cast<int>(part);
      const uint8_t one = at(first);
      const uint8_t two = at(first + 1 < kLast ? first + 1 : kLast);
      const uint8_t three = at(first + 2 < kLast ? first + 2 : kLast);
      out.red[p] = bgr ? three : one;
      out.green[p] = two;
      out.blue[p] = bgr ? one : three;
    }
    return out;
  }
};

/// Word `part` of a group: the pixels that it completes.
template <class Segmenter, class GetColours>
void segment_part(Segmenter& segmenter, uint32_t group, uint32_t part, GetColours colours) {
  if (part == 0) segmenter.begin();
  segmenter.colour(static_cast<int>(part) * kFirstOfColours, part == 2 ? kColourPixels : kFirstOfColours, colours);
  if (part == 2) segmenter.end(group);
}

/// A word a clock, three a group.
template <class S, class Words, class Masks, class Groups>
void segment_colour(const Job& job, const Word* parameters, ColourClassTable& table, Words& words, Masks& masks,
                    Groups& groups) {
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  const bool bgr = job.layout == contract::PixelLayout::bgr8;
  const uint64_t words_of_pass = static_cast<uint64_t>(3) * 8 * job.rows * job.groups;
  ColourBytes bytes = ColourBytes();
  FLASHCELL_HLS(ARRAY_PARTITION variable = bytes.lanes complete)
  for (uint32_t pass = 0; pass < job.passes; ++pass) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 8)
    if (loads_table(job, pass)) segmenter.load(parameters, pass % job.classes);
    Raster at;  // words
    FLASHCELL_LOOP(segment_colour, 1, 12)
    for (uint64_t i = 0; i < words_of_pass; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT min = 12288 max = 49152)
      FLASHCELL_HLS(PIPELINE II = 1)
      FLASHCELL_ITERATION(segment_colour);
      const uint32_t group = at.column / 3, part = at.column % 3;
      if (at.row < job.height) {
        bytes.next(words.read());
        segment_part(segmenter, group, part, [&] { return bytes.colours(part, bgr); });
      } else if (part == 0) {
        segmenter.below();
      }
      at.step(3 * job.groups, 8 * job.rows, 1);
    }
  }
}

/// The group that comes, and those of its column from the rows before: three rows into the window's right third.
template <class S, class Words>
void take_rows(const Job& job, uint32_t row_that_comes, uint32_t column, Words& words, DemosaicMemory<S>& memory,
               BayerWindow& window) {
  uint64_t lanes[4][kLanes];  // rows -3 .. -1 and the one that comes
  FLASHCELL_HLS(ARRAY_PARTITION variable = lanes complete dim = 0)
  const bool comes = row_that_comes < job.height;
  const Word word = comes ? words.read() : Word(0);
  for (int k = 0; k < kLanes; ++k) {
    FLASHCELL_HLS(UNROLL)
    for (int row = 0; row < 3; ++row) {
      FLASHCELL_HLS(UNROLL)
      lanes[row][k] = row_that_comes > static_cast<uint32_t>(2 - row) ? memory.rows[row][column][k] : 0;
    }
    lanes[3][k] = lane(word, k);
  }
  const int top = row_that_comes == 2 ? 1 : 0;  // row 0 is made from rows 0 .. 2, every other one from those around it
  for (int row = 0; row < 3; ++row) {
    FLASHCELL_HLS(UNROLL)
    window.put(row, lanes[top + row]);
  }
  if (!comes) return;  // the last three rows serve the last two
  for (int row = 0; row < 3; ++row) {
    FLASHCELL_HLS(UNROLL)
    for (int k = 0; k < kLanes; ++k) {
      FLASHCELL_HLS(UNROLL)
      memory.rows[row][column][k] = lanes[row + 1][k];
    }
  }
}

/// Two rows and a group later than they come: the frame's first row takes its colours from the second, and its last one
/// from the one before.
template <class S, class Words, class Masks, class Groups>
void segment_bayer(const Job& job, const Word* parameters, ColourClassTable& table, Words& words, Masks& masks,
                   Groups& groups) {
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  const Mosaic mosaic(job.layout);
  DemosaicMemory<S> memory;
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.rows complete dim = 1)
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.rows complete dim = 3)
  const uint64_t steps = static_cast<uint64_t>(3) * (8 * job.rows + 2) * (job.groups + 1);
  for (uint32_t pass = 0; pass < job.passes; ++pass) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 8)
    if (loads_table(job, pass)) segmenter.load(parameters, pass % job.classes);
    BayerWindow window = BayerWindow();
    FLASHCELL_HLS(ARRAY_PARTITION variable = window.pixels complete dim = 0)
    Raster at;  // thirds of the group that comes
    FLASHCELL_LOOP(segment_bayer, 1, 12)
    for (uint64_t i = 0; i < steps; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT min = 13878 max = 52326)
      FLASHCELL_HLS(PIPELINE II = 1)
      // A place is written again a row after it was read.
      FLASHCELL_HLS(DEPENDENCE variable = memory.rows type = inter false)
      FLASHCELL_ITERATION(segment_bayer);
      const uint32_t column = at.column / 3, part = at.column % 3;
      if (part == 0) {
        window.shift();
        if (column < job.groups) take_rows<S>(job, at.row, column, words, memory, window);
      }
      const uint32_t row = at.row - 2, group = column - 1;
      if (at.row >= 2 && column >= 1) {
        if (row < job.height) {
          const uint32_t centre = row == 0 ? 1 : row + 1 == job.height ? row - 1 : row;
          // In the window the middle group begins at kGroupPixels.
          const int first = group == 0 ? kGroupPixels : -1;
          const int last = static_cast<int>(job.width - 1 - group * kGroupPixels) + kGroupPixels;
          const int from = static_cast<int>(part) * kFirstOfColours;
          segment_part(segmenter, group, part,
                       [&] { return demosaic_group(window, mosaic, centre % 2 != 0, from, first, last); });
        } else if (part == 0) {
          segmenter.below();
        }
      }
      at.step(3 * (job.groups + 1), 8 * job.rows + 2, 1);
    }
  }
}

/// The launch's frames or masks, cut into foreground and background.
template <class S, class Words, class Masks, class Groups>
void segment_stage(const Word* parameters, const Job& job, Words& words, Masks& masks, Groups& groups) {
  ColourClassTable table;
  FLASHCELL_HLS(BIND_STORAGE variable = table.bits type = RAM_1WNR impl = BRAM)
  if (!job.reads_frames) {
    segment_given<S>(job, table, masks, groups);
  } else if (job.layout == contract::PixelLayout::grey8) {
    segment_grey<S, 1>(job, table, words, masks, groups);
  } else if (job.layout == contract::PixelLayout::grey16) {
    segment_grey<S, 2>(job, table, words, masks, groups);
  } else if (!is_bayer(job.layout)) {
    segment_colour<S>(job, parameters, table, words, masks, groups);
  } else {
    segment_bayer<S>(job, parameters, table, words, masks, groups);
  }
}

}  // namespace kernels
}  // namespace flashcell
