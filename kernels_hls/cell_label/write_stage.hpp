#pragma once
#include "kernels_hls/cell_label/raster.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// A frame's objects of one class, counted.
struct PassCounts {
  uint32_t objects = 0, lost = 0, too_small = 0, too_large = 0;
  uint32_t largest_too_small = 0, smallest_too_large = contract::kNoArea;  // px
  uint32_t foreground = 0;                                                 // px
};

/// The word of contract::ResultHeader.
inline Word header_word(contract::ResultStatus status, uint32_t sequence, uint32_t class_id, const PassCounts& counts,
                        uint32_t object_words) {
  const uint64_t lanes[kLanes] = {pair_of(static_cast<uint32_t>(status), contract::kContractVersion),
                                  pair_of(sequence, class_id),
                                  pair_of(counts.objects, counts.lost),
                                  pair_of(counts.too_small, counts.too_large),
                                  pair_of(counts.largest_too_small, counts.smallest_too_large),
                                  pair_of(counts.foreground, object_words)};
  return word_of(lanes);
}

/// The header of a job that cannot be done.
inline Word refusal_word(contract::ResultStatus status, uint32_t sequence) {
  PassCounts none;
  none.smallest_too_large = 0;
  return header_word(status, sequence, 0, none, 0);
}

/// Result regions in the board's memory.
class MemoryResults {
 public:
  explicit MemoryResults(Word* words) : words_(words) {}
  void put(uint64_t region, uint32_t place, const Word& word) { words_[region + place] = word; }

 private:
  Word* words_;
};

/// Objects within the area limits, as many as there is room for, at places 1, 2, … of their region; then its header at
/// place 0.
template <class Words, class Results>
void write_stage(const Job& job, Words& words, Results& results) {
  uint32_t pass = 0, frame = 0, class_id = 0;
  PassCounts counts;
  uint32_t at = 1;  // in the region
  bool kept = false, header_due = false;
  FLASHCELL_LOOP(write, 1, 3)
  while (pass < job.passes) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 1 max = 4096)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(write);
    const uint64_t region = (static_cast<uint64_t>(frame) * job.classes + class_id) * job.result_words;
    if (header_due) {
      header_due = false;
      results.put(region, 0,
                  header_word(contract::ResultStatus::done, job.sequence + frame, class_id, counts,
                              contract::words_per_object(job.features)));
      counts = PassCounts();
      at = 1;
      ++pass;
      if (++class_id == job.classes) {
        class_id = 0;
        ++frame;
      }
      continue;
    }
    ObjectWord word = words.read();
    header_due = word.end;
    counts.foreground = word.foreground;
    if (word.valid && word.first) {
      const uint32_t area = static_cast<uint32_t>(number_at(word.data, offsetof(contract::ObjectRecord, m00), 4));
      const bool small = area < job.min_area, large = !small && area > job.max_area, passes = !small && !large;
      kept = passes && counts.objects < job.capacity;
      if (small) ++counts.too_small;
      if (large) ++counts.too_large;
      if (small && area > counts.largest_too_small) counts.largest_too_small = area;
      if (large && area < counts.smallest_too_large) counts.smallest_too_large = area;
      if (passes && !kept) ++counts.lost;
      if (kept) ++counts.objects;
      constexpr int kClassBit = 8 * offsetof(contract::ObjectRecord, class_id);
      word.data.range(kClassBit + 7, kClassBit) = static_cast<uint64_t>(class_id);
    }
    if (word.valid && kept) {
      results.put(region, at, word.data);
      ++at;
    }
  }
}

/// The same into memory.
template <class Words>
void write_stage(const Job& job, Words& words, Word* memory) {
  MemoryResults results(memory);
  write_stage(job, words, results);
}

}  // namespace kernels
}  // namespace flashcell
