#include "host/xrt/launch_layout.hpp"

#include <algorithm>
#include <cstring>

#include "host/segment/colour_table.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kPage = 4096;  // buffers are whole pages: what XRT maps

size_t whole_pages(size_t bytes) {
  return std::max(kPage, (bytes + kPage - 1) / kPage * kPage);
}

contract::PixelLayout layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::grey8:
      return contract::PixelLayout::grey8;
    case PixelFormat::grey16:
      return contract::PixelLayout::grey16;
    case PixelFormat::rgb8:
      return contract::PixelLayout::rgb8;
    case PixelFormat::bgr8:
      return contract::PixelLayout::bgr8;
  }
  return contract::PixelLayout::none;
}

contract::Segmentation segmentation_of(const SegmentParameters& segment) {
  if (!segment.regions.empty()) return contract::Segmentation::given;
  return segment.method == SegmentMethod::threshold ? contract::Segmentation::threshold
         : segment.method == SegmentMethod::colour  ? contract::Segmentation::colour_table
                                                    : contract::Segmentation::given;
}

/// No frame has more objects: pixels of a chessboard, of every second row and column, or cells likewise.
uint64_t most_objects(const contract::LabelParameters& label) {
  const uint64_t w = label.width, h = label.height;
  if (label.connectivity == contract::Connectivity::exact4) return (w * h + 1) / 2;
  const uint64_t pixels = label.connectivity == contract::Connectivity::cell ? 2 * contract::kCellSide : 2;
  return ((w + pixels - 1) / pixels) * ((h + pixels - 1) / pixels);
}

/// Objects of a result region so that none of the first max_objects can be missing, whatever order a row of cells ends
/// in (contract/cell_label_launch.hpp).
uint32_t capacity_of(const contract::LabelParameters& label) {
  const uint64_t enough =
      uint64_t{label.max_objects} + 2 * contract::objects_of_cell_row(label.connectivity, label.width);
  return static_cast<uint32_t>(std::min(enough, most_objects(label)));
}

}  // namespace

LaunchLayout plan_launch(const SegmentParameters& segment, const contract::LabelParameters& label, PixelFormat format,
                         int frames_per_launch) {
  LaunchLayout layout;
  layout.frames = frames_per_launch;
  contract::CellLabelJob& job = layout.job;
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(label.width);
  job.height = static_cast<uint16_t>(label.height);
  job.min_area = label.min_area;
  job.max_area = label.max_area;
  job.connectivity = label.connectivity;
  job.features = label.features;
  job.min_cell_pixels = label.min_cell_pixels;
  job.saturation_floor = label.saturation_floor;
  job.value_floor = label.value_floor;
  job.segmentation = segmentation_of(segment);
  job.threshold = static_cast<uint32_t>(segment.threshold);
  job.dark = segment.polarity == Polarity::dark ? 1 : 0;
  const bool colour = segment.method == SegmentMethod::colour;
  job.classes = static_cast<uint8_t>(colour ? segment.classes.size() : 1);

  layout.host_segments = job.segmentation == contract::Segmentation::given;
  const bool reads_pixels =
      !layout.host_segments || (label.features & (contract::kFeatureHue | contract::kFeatureIntensity)) != 0;
  job.layout = reads_pixels ? layout_of(format) : contract::PixelLayout::none;
  job.row_words = contract::words_for(uint64_t{label.width} * contract::bytes_of(job.layout));
  job.frame_words = job.row_words * label.height;
  job.mask_row_words = layout.host_segments ? contract::words_for((label.width + 7) / 8) : 0;
  job.mask_words = job.mask_row_words * label.height;
  job.capacity = capacity_of(label);
  job.result_words = 1 + job.capacity * contract::words_per_object(label.features);

  const size_t frames = static_cast<size_t>(frames_per_launch);
  layout.frames_bytes = whole_pages(frames * layout.frame_bytes());
  layout.masks_bytes = whole_pages(frames * layout.frame_masks_bytes());
  const uint32_t table_words =
      job.segmentation == contract::Segmentation::colour_table ? contract::kColourTableWords : 0;
  layout.parameters_bytes = whole_pages(size_t{1 + table_words} * contract::kWordBytes);
  layout.results_bytes = whole_pages(frames * job.classes * layout.region_bytes());
  return layout;
}

void write_parameters(const LaunchLayout& layout, const SegmentParameters& segment, std::byte* parameters) {
  std::memcpy(parameters, &layout.job, sizeof layout.job);
  if (layout.job.segmentation != contract::Segmentation::colour_table) return;
  const std::vector<uint8_t> table = make_colour_table(segment.classes);
  std::memcpy(parameters + sizeof layout.job, table.data(), table.size());
}

void write_frame(const LaunchLayout& layout, const FrameView& view, std::byte* frame) {
  if (layout.job.layout == contract::PixelLayout::none) return;
  const size_t row_bytes = static_cast<size_t>(view.width) * bytes_per_pixel(view.format);
  const size_t stride = size_t{layout.job.row_words} * contract::kWordBytes;
  if (row_bytes == stride && view.stride == static_cast<ptrdiff_t>(stride)) {
    std::memcpy(frame, view.data, stride * view.height);
    return;
  }
  for (int y = 0; y < view.height; ++y) std::memcpy(frame + y * stride, view.row(y), row_bytes);
}

void write_masks(const LaunchLayout& layout, std::span<const BitImage> masks, std::byte* frame_masks) {
  const size_t stride = size_t{layout.job.mask_row_words} * contract::kWordBytes;
  for (const BitImage& mask : masks) {
    const size_t row_bytes = 8 * static_cast<size_t>(mask.words_per_row());
    for (int y = 0; y < mask.height(); ++y) std::memcpy(frame_masks + y * stride, mask.row(y), row_bytes);
    frame_masks += stride * mask.height();
  }
}

}  // namespace flashcell::host
