#pragma once
#include <stddef.h>

#include "kernels_hls/cell_label/sizes.hpp"
#include "kernels_hls/cell_label/words.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell {
namespace kernels {

/// A launch as the stages see it: contract::CellLabelJob and what follows from it. A pass is one class of one frame.
struct Job {
  uint32_t width, height;  ///< px
  uint32_t groups;         ///< of 64 pixels in a row
  uint32_t columns;        ///< cells in a row, a multiple of 8: columns beyond the frame are empty
  uint32_t rows;           ///< of cells, even: the last may be empty
  uint32_t frames, classes, passes;
  uint32_t sequence;
  uint32_t row_words, frame_words, mask_row_words, mask_words, result_words;
  uint32_t min_area, max_area, capacity;
  uint32_t threshold;
  contract::PixelLayout layout;
  contract::Segmentation segmentation;
  contract::Connectivity connectivity;
  bool dark, reads_frames;
  uint8_t features, min_cell_pixels, saturation_floor, value_floor;
  contract::ResultStatus status;
};

constexpr uint32_t kLastLayout = static_cast<uint32_t>(contract::PixelLayout::bayer_gbrg);
constexpr uint32_t kMinBayerSide = 3;  ///< px; the demosaicing looks one pixel to each side

#define FLASHCELL_JOB_FIELD(word, field) \
  static_cast<uint32_t>(number_at(word, offsetof(contract::CellLabelJob, field), sizeof(contract::CellLabelJob::field)))

/// Reads the job without believing it: fields are checked by job_fits() before anything depends on them.
inline Job read_job(const Word& word, uint32_t frame_count, uint32_t sequence) {
  Job job = Job();
  job.width = FLASHCELL_JOB_FIELD(word, width);
  job.height = FLASHCELL_JOB_FIELD(word, height);
  job.groups = (job.width + 63) / 64;
  job.columns = 8 * job.groups;
  const uint32_t rows = (job.height + 7) / 8;
  job.rows = rows + rows % 2;
  job.frames = frame_count;
  job.sequence = sequence;
  job.min_area = FLASHCELL_JOB_FIELD(word, min_area);
  job.max_area = FLASHCELL_JOB_FIELD(word, max_area);
  job.capacity = FLASHCELL_JOB_FIELD(word, capacity);
  job.row_words = FLASHCELL_JOB_FIELD(word, row_words);
  job.frame_words = FLASHCELL_JOB_FIELD(word, frame_words);
  job.mask_row_words = FLASHCELL_JOB_FIELD(word, mask_row_words);
  job.mask_words = FLASHCELL_JOB_FIELD(word, mask_words);
  job.result_words = FLASHCELL_JOB_FIELD(word, result_words);
  job.threshold = FLASHCELL_JOB_FIELD(word, threshold);
  job.layout = static_cast<contract::PixelLayout>(FLASHCELL_JOB_FIELD(word, layout));
  job.segmentation = static_cast<contract::Segmentation>(FLASHCELL_JOB_FIELD(word, segmentation));
  job.connectivity = static_cast<contract::Connectivity>(FLASHCELL_JOB_FIELD(word, connectivity));
  job.features = static_cast<uint8_t>(FLASHCELL_JOB_FIELD(word, features));
  job.classes = FLASHCELL_JOB_FIELD(word, classes);
  job.dark = FLASHCELL_JOB_FIELD(word, dark) != 0;
  job.min_cell_pixels = static_cast<uint8_t>(FLASHCELL_JOB_FIELD(word, min_cell_pixels));
  job.saturation_floor = static_cast<uint8_t>(FLASHCELL_JOB_FIELD(word, saturation_floor));
  job.value_floor = static_cast<uint8_t>(FLASHCELL_JOB_FIELD(word, value_floor));
  job.reads_frames = job.segmentation != contract::Segmentation::given ||
                     (job.features & (contract::kFeatureHue | contract::kFeatureIntensity)) != 0;
  job.passes = job.frames * job.classes;
  return job;
}

/// Whether `rows` rows of `row` bytes lie inside of row_words and words.
inline bool region_fits(uint64_t row_bytes, uint32_t rows, uint32_t row_words, uint32_t words) {
  return contract::words_for(row_bytes) <= row_words && static_cast<uint64_t>(row_words) * rows <= words;
}

/// Whether this build can do the job without reading or writing beside its regions.
template <class S>
bool job_fits(const Job& job) {
  using contract::Segmentation;
  const contract::KernelBuild build = {nullptr, S::kSplits, S::kSide, S::kFeatureBits};
  if (job.width < 1 || job.height < 1 || static_cast<uint32_t>(job.connectivity) > 2) return false;
  if (!contract::fits(build, job.width, job.height, job.connectivity, job.features)) return false;
  if (job.classes < 1 || job.classes > contract::kMaxColourClasses) return false;
  if (static_cast<uint64_t>(job.frames) * job.classes > 0xFFFFFFFFu) return false;
  if (job.min_cell_pixels < 1 || job.min_cell_pixels > contract::kCellPixels) return false;
  if (static_cast<uint32_t>(job.segmentation) > 2 || static_cast<uint32_t>(job.layout) > kLastLayout) return false;
  // A threshold knows one class; colours need colour pixels.
  if (job.segmentation == Segmentation::threshold && job.classes != 1) return false;
  if (job.reads_frames && job.layout == contract::PixelLayout::none) return false;
  const bool wants_colour =
      job.segmentation == Segmentation::colour_table || (job.features & contract::kFeatureHue) != 0;
  if (wants_colour && !has_colour(job.layout)) return false;
  if (is_bayer(job.layout) && (job.width < kMinBayerSide || job.height < kMinBayerSide)) return false;
  if (job.reads_frames && !region_fits(static_cast<uint64_t>(job.width) * contract::bytes_of(job.layout), job.height,
                                       job.row_words, job.frame_words)) {
    return false;
  }
  if (job.segmentation == Segmentation::given &&
      !region_fits((job.width + 7) / 8, job.height, job.mask_row_words, job.mask_words)) {
    return false;
  }
  return 1 + static_cast<uint64_t>(job.capacity) * contract::words_per_object(job.features) <= job.result_words;
}

/// The launch's job; its status is `done` when it can be done.
template <class S>
Job check_job(const Word& word, uint32_t frame_count, uint32_t sequence) {
  Job job = read_job(word, frame_count, sequence);
  job.status = contract::ResultStatus::done;
  if (!job_fits<S>(job)) job.status = contract::ResultStatus::bad_job;
  if (FLASHCELL_JOB_FIELD(word, contract_version) != contract::kContractVersion) {
    job.status = contract::ResultStatus::wrong_version;
  }
  return job;
}
#undef FLASHCELL_JOB_FIELD

}  // namespace kernels
}  // namespace flashcell
