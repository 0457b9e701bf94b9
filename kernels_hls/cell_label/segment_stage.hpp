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

  void grey(uint32_t group, const Greys& greys) {
    const uint64_t mask = given() ? masks_.read() : by_threshold(greys);
    write(group, mask, [&](uint64_t, RowGroup<S>& out) { Planes<S::kIntensity>::grey(greys, out); });
  }

  void colour(uint32_t group, const Colours& colours) {
    const bool by_table = job_.segmentation == contract::Segmentation::colour_table;
    const uint64_t mask = given()    ? masks_.read()
                          : by_table ? pixels_in_class(colours, table_)
                                     : by_threshold(grey_of(colours));
    write(group, mask, [&](uint64_t inside, RowGroup<S>& out) {
      Planes<S::kIntensity>::grey(grey_of(colours), out);
      Planes<S::kHue>::hue(job_, colours, inside, out);
    });
  }

  void mask_only(uint32_t group) {
    write(group, masks_.read(), [](uint64_t, RowGroup<S>&) {});
  }

  /// A row below the frame.
  void below() { groups_.write(empty()); }

 private:
  static RowGroup<S> empty() { return RowGroup<S>(); }
  bool given() const { return job_.segmentation == contract::Segmentation::given; }
  uint64_t by_threshold(const Greys& greys) const {
    const uint64_t bright = bright_pixels(greys, job_.threshold);
    return job_.dark ? ~bright : bright;
  }
  /// Values of pixels matter only where there is foreground.
  template <class Measure>
  void write(uint32_t group, uint64_t mask, Measure measure) {
    RowGroup<S> out = empty();
    out.planes[0] = mask & inside_frame(job_, group);
    if (out.planes[0] != 0) measure(out.planes[0], out);
    groups_.write(out);
  }

  const Job& job_;
  ColourClassTable& table_;
  Masks& masks_;
  Groups& groups_;
};

/// kWords words of one group.
template <int kWords, class Words>
void read_group(Words& words, uint64_t lanes[kWords * kLanes]) {
  for (int i = 0; i < kWords; ++i) {
    FLASHCELL_HLS(UNROLL)
    const Word word = words.read();
    for (int k = 0; k < kLanes; ++k) {
      FLASHCELL_HLS(UNROLL)
      lanes[kLanes * i + k] = lane(word, k);
    }
  }
}

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

/// kBytes a pixel: as many words, and clocks, a group.
template <class S, int kBytes, class Words, class Masks, class Groups>
void segment_grey(const Job& job, ColourClassTable& table, Words& words, Masks& masks, Groups& groups) {
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  Raster at;
  FLASHCELL_LOOP(segment_grey, kBytes, 4)
  for (uint64_t i = 0; i < groups_of_launch(job); ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = kBytes)
    FLASHCELL_ITERATION(segment_grey);
    if (at.row < job.height) {
      uint64_t lanes[kBytes * kLanes];
      FLASHCELL_HLS(ARRAY_PARTITION variable = lanes complete)
      read_group<kBytes>(words, lanes);
      Greys greys;
      for (int p = 0; p < kGroupPixels; ++p) {
        FLASHCELL_HLS(UNROLL)
        const uint32_t low = byte_at(lanes, kBytes * p), high = kBytes == 2 ? byte_at(lanes, kBytes * p + 1) : 0u;
        greys.values[p] = static_cast<uint16_t>(low | high << 8);
      }
      segmenter.grey(at.column, greys);
    } else {
      segmenter.below();
    }
    at.step(job.groups, 8 * job.rows, job.classes);
  }
}

template <class S, class Words, class Masks, class Groups>
void segment_colour(const Job& job, const Word* parameters, ColourClassTable& table, Words& words, Masks& masks,
                    Groups& groups) {
  Segmenter<S, Masks, Groups> segmenter(job, table, masks, groups);
  const bool bgr = job.layout == contract::PixelLayout::bgr8;
  const uint64_t groups_of_pass = static_cast<uint64_t>(8) * job.rows * job.groups;
  for (uint32_t pass = 0; pass < job.passes; ++pass) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 8)
    if (loads_table(job, pass)) segmenter.load(parameters, pass % job.classes);
    Raster at;
    FLASHCELL_LOOP(segment_colour, 3, 12)
    for (uint64_t i = 0; i < groups_of_pass; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
      FLASHCELL_HLS(PIPELINE II = 3)
      FLASHCELL_ITERATION(segment_colour);
      if (at.row < job.height) {
        uint64_t lanes[3 * kLanes];
        FLASHCELL_HLS(ARRAY_PARTITION variable = lanes complete)
        read_group<3>(words, lanes);
        Colours colours;
        for (int p = 0; p < kGroupPixels; ++p) {
          FLASHCELL_HLS(UNROLL)
          colours.red[p] = byte_at(lanes, 3 * p + (bgr ? 2 : 0));
          colours.green[p] = byte_at(lanes, 3 * p + 1);
          colours.blue[p] = byte_at(lanes, 3 * p + (bgr ? 0 : 2));
        }
        segmenter.colour(at.column, colours);
      } else {
        segmenter.below();
      }
      at.step(job.groups, 8 * job.rows, 1);
    }
  }
}

/// The group that comes, and those of its column from the rows before: three rows into the window's right third.
template <class S, class Words>
void take_rows(const Job& job, const Raster& at, Words& words, DemosaicMemory<S>& memory, BayerWindow& window) {
  uint64_t lanes[4][kLanes];  // rows -3 .. -1 and the one that comes
  FLASHCELL_HLS(ARRAY_PARTITION variable = lanes complete dim = 0)
  const bool comes = at.row < job.height;
  const Word word = comes ? words.read() : Word(0);
  for (int k = 0; k < kLanes; ++k) {
    FLASHCELL_HLS(UNROLL)
    for (int row = 0; row < 3; ++row) {
      FLASHCELL_HLS(UNROLL)
      lanes[row][k] = at.row > static_cast<uint32_t>(2 - row) ? memory.rows[row][at.column][k] : 0;
    }
    lanes[3][k] = lane(word, k);
  }
  const int top = at.row == 2 ? 1 : 0;  // row 0 is made from rows 0 .. 2, every other one from those around it
  for (int row = 0; row < 3; ++row) {
    FLASHCELL_HLS(UNROLL)
    window.put(row, lanes[top + row]);
  }
  if (!comes) return;  // the last three rows serve the last two
  for (int row = 0; row < 3; ++row) {
    FLASHCELL_HLS(UNROLL)
    for (int k = 0; k < kLanes; ++k) {
      FLASHCELL_HLS(UNROLL)
      memory.rows[row][at.column][k] = lanes[row + 1][k];
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
  const uint64_t steps = static_cast<uint64_t>(8 * job.rows + 2) * (job.groups + 1);
  for (uint32_t pass = 0; pass < job.passes; ++pass) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 8)
    if (loads_table(job, pass)) segmenter.load(parameters, pass % job.classes);
    BayerWindow window = BayerWindow();
    FLASHCELL_HLS(ARRAY_PARTITION variable = window.pixels complete dim = 0)
    Raster at;  // of the group that comes
    FLASHCELL_LOOP(segment_bayer, 3, 12)
    for (uint64_t i = 0; i < steps; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4626 max = 17442)
      FLASHCELL_HLS(PIPELINE II = 3)
      FLASHCELL_ITERATION(segment_bayer);
      window.shift();
      if (at.column < job.groups) take_rows<S>(job, at, words, memory, window);
      const uint32_t row = at.row - 2, group = at.column - 1;
      if (at.row >= 2 && at.column >= 1) {
        if (row < job.height) {
          const uint32_t centre = row == 0 ? 1 : row + 1 == job.height ? row - 1 : row;
          // In the window the middle group begins at kGroupPixels.
          const int first = group == 0 ? kGroupPixels : -1;
          const int last = static_cast<int>(job.width - 1 - group * kGroupPixels) + kGroupPixels;
          segmenter.colour(group, demosaic_group(window, mosaic, centre % 2 != 0, first, last));
        } else {
          segmenter.below();
        }
      }
      at.step(job.groups + 1, 8 * job.rows + 2, 1);
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
