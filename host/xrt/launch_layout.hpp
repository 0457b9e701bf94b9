#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "host/label/bit_image.hpp"
#include "host/segment/segmenter.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// One launch of `cell_label` as the host lays it out in memory: sizes in bytes, buffers as in
/// contract/cell_label_launch.hpp.
struct LaunchLayout {
  contract::CellLabelJob job{};
  int frames = 1;              ///< that fit into the buffers
  bool host_segments = false;  ///< masks are made by the host: what the kernel cannot segment itself

  size_t frames_bytes = 0, masks_bytes = 0, parameters_bytes = 0, results_bytes = 0;  ///< of the buffers

  size_t frame_bytes() const { return size_t{job.frame_words} * contract::kWordBytes; }
  size_t frame_masks_bytes() const { return size_t{job.classes} * job.mask_words * contract::kWordBytes; }
  size_t region_bytes() const { return size_t{job.result_words} * contract::kWordBytes; }
  size_t object_bytes() const { return size_t{contract::words_per_object(job.features)} * contract::kWordBytes; }

  /// Where a result region starts.
  size_t region_at(int frame, int class_id) const {
    return (static_cast<size_t>(frame) * job.classes + static_cast<size_t>(class_id)) * region_bytes();
  }
};

/// A fixed threshold and colour classes over the whole frame are the kernel's; any other method and regions of interest
/// are the host's. `frames_per_launch` >= 1.
LaunchLayout plan_launch(const SegmentParameters& segment, const contract::LabelParameters& label, PixelFormat format,
                         int frames_per_launch);

/// Job and colour table into the parameters buffer.
void write_parameters(const LaunchLayout& layout, const SegmentParameters& segment, std::byte* parameters);

/// Pixels of a frame to their place in the frames buffer; nothing where the kernel reads none.
void write_frame(const LaunchLayout& layout, const FrameView& view, std::byte* frame);

/// The frame's masks, one a class, to their place in the masks buffer.
void write_masks(const LaunchLayout& layout, std::span<const BitImage> masks, std::byte* frame_masks);

}  // namespace flashcell::host
