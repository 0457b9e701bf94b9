#include "host/launch/launch_layout.hpp"

#include <algorithm>

#include "kernels_hls/contract/features.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kPage = 4096;

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

contract::Segmentation segmentation_of(const SegmentParameters& segment) {
  if (!segment.regions.empty()) return contract::Segmentation::given;
  return segment.method == SegmentMethod::threshold ? contract::Segmentation::threshold
         : segment.method == SegmentMethod::colour  ? contract::Segmentation::colour_table
                                                    : contract::Segmentation::given;
}

}  // namespace

uint64_t LaunchLayout::whole_pages(uint64_t size) {
  return std::max(kPage, (size + kPage - 1) / kPage * kPage);
}

LaunchLayout plan_launch(const contract::LabelParameters& label, const LaunchInput& input, uint32_t frames) {
  LaunchLayout layout;
  layout.frames = frames;
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
  job.segmentation = input.segmentation;
  job.threshold = input.threshold;
  job.dark = input.dark ? 1 : 0;
  job.classes = input.classes;

  job.layout = reads_pixels(job.segmentation, job.features) ? input.layout : contract::PixelLayout::none;
  job.row_words = contract::words_for(uint64_t{label.width} * contract::bytes_of(job.layout));
  job.frame_words = job.row_words * label.height;
  job.mask_row_words = layout.host_segments() ? contract::words_for((label.width + 7) / 8) : 0;
  job.mask_words = job.mask_row_words * label.height;
  job.capacity = capacity_of(label);
  job.result_words = 1 + job.capacity * contract::words_per_object(label.features);
  return layout;
}

LaunchInput launch_input(const SegmentParameters& segment, PixelFormat format) {
  LaunchInput input;
  input.layout = layout_of(format);
  input.segmentation = segmentation_of(segment);
  input.threshold = static_cast<uint32_t>(segment.threshold);
  input.dark = segment.polarity == Polarity::dark;
  if (segment.method == SegmentMethod::colour) input.classes = static_cast<uint8_t>(segment.classes.size());
  return input;
}

bool reads_pixels(contract::Segmentation segmentation, uint8_t features) {
  return segmentation != contract::Segmentation::given || contract::need_pixels(features);
}

contract::LabelParameters label_parameters_of(const contract::CellLabelJob& job) {
  contract::LabelParameters label;
  label.width = job.width;
  label.height = job.height;
  label.max_objects = job.capacity;
  label.min_area = job.min_area;
  label.max_area = job.max_area;
  label.connectivity = job.connectivity;
  label.features = job.features;
  label.min_cell_pixels = job.min_cell_pixels;
  label.saturation_floor = job.saturation_floor;
  label.value_floor = job.value_floor;
  return label;
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

PixelFormat format_of(contract::PixelLayout layout) {
  return layout == contract::PixelLayout::grey16 ? PixelFormat::grey16
         : layout == contract::PixelLayout::rgb8 ? PixelFormat::rgb8
         : contract::has_colour(layout)          ? PixelFormat::bgr8
                                                 : PixelFormat::grey8;
}

}  // namespace flashcell::host
