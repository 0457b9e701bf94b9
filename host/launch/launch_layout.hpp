#pragma once
#include <cstddef>
#include <cstdint>

#include "host/segment/segmenter.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "pipeline/frame.hpp"

// One launch of `cell_label`, as contract/cell_label_launch.hpp states it: which job and how large, where each frame,
// mask and result lies, and back from a job to what it asks for. Used by all that prepare a launch (the board, the
// kernel on the CPU, the speed model) and all that take one apart (the software device).
namespace flashcell::host {

/// What stands in the buffers of a launch, and how it becomes foreground.
struct LaunchInput {
  contract::PixelLayout layout =
      contract::PixelLayout::grey8;  ///< of the frames; where nobody reads them, none are sent
  contract::Segmentation segmentation = contract::Segmentation::given;
  uint32_t threshold = 0;  ///< Segmentation::threshold
  bool dark = false;       ///< Segmentation::threshold
  uint8_t classes = 1;     ///< masks or colour classes of a frame
};

/// Sizes and places in bytes, of a job with so many frames.
struct LaunchLayout {
  contract::CellLabelJob job{};
  uint32_t frames = 1;

  /// Whether the masks are made by the host: what the kernel cannot segment itself.
  bool host_segments() const { return job.segmentation == contract::Segmentation::given; }

  uint64_t row_bytes() const { return bytes(job.row_words); }
  uint64_t mask_row_bytes() const { return bytes(job.mask_row_words); }
  uint64_t frame_bytes() const { return bytes(job.frame_words); }
  uint64_t frame_masks_bytes() const { return mask_at(1, 0); }
  uint64_t region_bytes() const { return bytes(job.result_words); }
  uint64_t object_bytes() const { return bytes(contract::words_per_object(job.features)); }
  uint64_t colour_table_bytes() const {
    return job.segmentation == contract::Segmentation::colour_table ? bytes(contract::kColourTableWords) : 0;
  }

  uint64_t frame_at(uint32_t frame) const { return frame * frame_bytes(); }
  uint64_t mask_at(uint32_t frame, uint32_t class_id) const { return index(frame, class_id) * bytes(job.mask_words); }
  uint64_t region_at(uint32_t frame, uint32_t class_id) const { return index(frame, class_id) * region_bytes(); }

  /// Whole buffers: what is stated above, in whole pages and at least one, as XRT maps them.
  uint64_t frames_buffer_bytes() const { return whole_pages(frame_at(frames)); }
  uint64_t masks_buffer_bytes() const { return whole_pages(mask_at(frames, 0)); }
  uint64_t parameters_buffer_bytes() const { return whole_pages(sizeof job + colour_table_bytes()); }
  uint64_t results_buffer_bytes() const { return whole_pages(region_at(frames, 0)); }

 private:
  static uint64_t bytes(uint64_t words) { return words * contract::kWordBytes; }
  static uint64_t whole_pages(uint64_t size);
  uint64_t index(uint32_t frame, uint32_t class_id) const { return uint64_t{frame} * job.classes + class_id; }
};

/// Offsets as small as they can be. A result region holds the first max_objects of a frame, whatever the order inside a
/// row of cells. `frames` >= 1.
LaunchLayout plan_launch(const contract::LabelParameters& label, const LaunchInput& input, uint32_t frames);

/// A fixed threshold and colour classes over the whole frame are the kernel's; any other method and regions of interest
/// are the host's.
LaunchInput launch_input(const SegmentParameters& segment, PixelFormat format);

/// Whether the kernel looks at pixels for such a job.
bool reads_pixels(contract::Segmentation segmentation, uint8_t features);

/// What the job asks of a labeller: the inverse of plan_launch(), with the region's capacity as max_objects.
contract::LabelParameters label_parameters_of(const contract::CellLabelJob& job);

/// How such frames stand in memory.
contract::PixelLayout layout_of(PixelFormat format);
/// The inverse. A Bayer frame is what its demosaicing gives (bgr8), PixelLayout::none is grey8.
PixelFormat format_of(contract::PixelLayout layout);

}  // namespace flashcell::host
