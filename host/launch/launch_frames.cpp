#include "host/launch/launch_frames.hpp"

#include <cstring>

#include "host/segment/colour_table.hpp"

namespace flashcell::host {

void write_parameters(const LaunchLayout& layout, const SegmentParameters& segment, std::byte* parameters) {
  std::memcpy(parameters, &layout.job, sizeof layout.job);
  if (layout.job.segmentation != contract::Segmentation::colour_table) return;
  const std::vector<uint8_t> table = make_colour_table(segment.classes);
  std::memcpy(parameters + sizeof layout.job, table.data(), table.size());
}

void write_frame(const LaunchLayout& layout, const FrameView& view, std::byte* frame) {
  if (layout.job.layout == contract::PixelLayout::none) return;
  const size_t row_bytes = static_cast<size_t>(view.width) * bytes_per_pixel(view.format);
  const size_t stride = layout.row_bytes();
  if (row_bytes == stride && view.stride == static_cast<ptrdiff_t>(stride)) {
    std::memcpy(frame, view.data, stride * view.height);
    return;
  }
  for (int y = 0; y < view.height; ++y) std::memcpy(frame + y * stride, view.row(y), row_bytes);
}

FrameView view_of_frame(const LaunchLayout& layout, const std::byte* frame) {
  FrameView view;
  view.width = layout.job.width;
  view.height = layout.job.height;
  if (layout.job.layout == contract::PixelLayout::none) return view;
  view.data = reinterpret_cast<const uint8_t*>(frame);
  view.stride = static_cast<ptrdiff_t>(layout.row_bytes());
  view.format = is_bayer(layout.job.layout) ? PixelFormat::grey8 : format_of(layout.job.layout);
  return view;
}

void write_masks(const LaunchLayout& layout, std::span<const BitImage> masks, std::byte* frame_masks) {
  const size_t stride = layout.mask_row_bytes();
  for (const BitImage& mask : masks) {
    const size_t row_bytes = 8 * static_cast<size_t>(mask.words_per_row());
    for (int y = 0; y < mask.height(); ++y) std::memcpy(frame_masks + y * stride, mask.row(y), row_bytes);
    frame_masks += stride * mask.height();
  }
}

void read_mask(const LaunchLayout& layout, std::span<const std::byte> from, BitImage& mask) {
  const int words = mask.words_per_row();
  const uint64_t last = mask.width() % 64 == 0 ? ~uint64_t{0} : (uint64_t{1} << mask.width() % 64) - 1;
  for (int y = 0; y < mask.height(); ++y) {
    const size_t at = static_cast<size_t>(y) * layout.mask_row_bytes();
    std::memcpy(mask.row(y), from.subspan(at, 8 * static_cast<size_t>(words)).data(), 8 * static_cast<size_t>(words));
    mask.row(y)[words - 1] &= last;
  }
}

}  // namespace flashcell::host
