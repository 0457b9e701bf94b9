#pragma once
#include "kernels_hls/cell_label/raster.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Words of 64 pixels.
constexpr uint32_t words_of_group(contract::PixelLayout layout) {
  return contract::bytes_of(layout);
}

/// The frames' words, as many for each group of 64 pixels as it can have; those past a row's end are 0. A frame is read
/// once for each of its classes.
template <class WordStream>
void read_frames(const Word* frames, const Job& job, WordStream& words) {
  if (!job.reads_frames) return;
  const uint32_t row_words = job.groups * words_of_group(job.layout);
  const uint32_t stored = contract::words_for(static_cast<uint64_t>(job.width) * contract::bytes_of(job.layout));
  const uint64_t total = static_cast<uint64_t>(job.passes) * job.height * row_words;
  Raster at;
  FLASHCELL_LOOP(read_frames, 1, 3)
  for (uint64_t i = 0; i < total; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 12288)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(read_frames);
    const uint64_t place = static_cast<uint64_t>(at.frame) * job.frame_words + at.row * job.row_words + at.column;
    Word word = 0;
    if (at.column < stored) word = frames[place];
    words.write(word);
    at.step(row_words, job.height, job.classes);
  }
}

/// The masks' groups of 64 pixels, eight to a word, where masks are given.
template <class GroupStream>
void read_masks(const Word* masks, const Job& job, GroupStream& groups) {
  if (job.segmentation != contract::Segmentation::given) return;
  const uint64_t total = static_cast<uint64_t>(job.passes) * job.height * job.groups;
  Raster at;
  Word word = 0;
  FLASHCELL_LOOP(read_masks, 1, 3)
  for (uint64_t i = 0; i < total; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(read_masks);
    if (at.column % kLanes == 0) {
      const uint64_t mask = static_cast<uint64_t>(at.frame) * job.classes + at.class_id;
      word = masks[mask * job.mask_words + at.row * job.mask_row_words + at.column / kLanes];
    }
    groups.write(lane(word, static_cast<int>(at.column % kLanes)));
    at.step(job.groups, job.height, job.classes);
  }
}

}  // namespace kernels
}  // namespace flashcell
