#pragma once
#include <cstddef>
#include <cstdint>

#include "host/label/aligned_array.hpp"
#include "host/label/bit_image.hpp"

// A frame as runs. Rows are taken in strips: two rows for 8-connectivity, one for 4-connectivity. Within a strip of two
// rows any two pixels in the same or in adjacent columns touch, so a run of the rows' OR is one connected piece, and
// there are half as many strips and far fewer runs than rows have. Runs of neighbouring strips join where the upper
// strip's last row touches the lower one's first.
namespace flashcell::host {

/// Where a run starts: strip << 12 | x.
constexpr int kStripShift = 12;
constexpr uint32_t kColumnMask = (1u << kStripShift) - 1;

/// Contacts are listed and resolved about this many at a time, so that the list stays in the first-level cache.
constexpr uint32_t kContactBatchBits = 512;

/// One word for 64 columns of a strip, strip after strip.
struct RunBits {
  AlignedArray<uint64_t> starts;       ///< where runs start
  AlignedArray<uint64_t> contacts;     ///< where runs touch one of the strip above: at least one bit for each such pair
  AlignedArray<uint32_t> runs_before;  ///< number of runs that start before the word
  AlignedArray<uint32_t> start_words, contact_words;  ///< numbers of the words above that are not zero
  size_t start_word_count = 0, contact_word_count = 0;
};

class RunTable {
 public:
  RunTable(int width, int height, int rows_per_strip);

  /// Finds the runs of `mask` (of the size above) and joins them to objects.
  void find(const BitImage& mask);

  uint32_t runs() const { return runs_; }
  uint32_t objects() const { return objects_; }
  uint32_t max_runs() const { return max_runs_; }
  int rows_per_strip() const { return rows_per_strip_; }
  /// Starts of the runs, in order of strip, then x.
  const uint32_t* starts() const { return starts_.get(); }
  /// Object of each run. Objects are numbered by their first run.
  const uint32_t* object_of() const { return parents_.get(); }

 private:
  uint32_t max_runs_;
  int strips_, words_, rows_per_strip_;
  uint32_t runs_ = 0, objects_ = 0;
  AlignedArray<uint32_t> starts_, parents_;
  AlignedArray<uint32_t> columns_;  // strip << 12 | x of each word's first column
  RunBits bits_;
};

}  // namespace flashcell::host
