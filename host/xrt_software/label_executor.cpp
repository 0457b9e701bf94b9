#include "host/xrt_software/label_executor.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "host/segment/binarize.hpp"

namespace flashcell::host {
namespace {

using contract::CellLabelJob;
using contract::PixelLayout;
using contract::ResultHeader;
using contract::ResultStatus;
using contract::Segmentation;

/// OpenCV names a mosaic by the second row's second and third pixel.
int demosaic_code(PixelLayout layout) {
  return layout == PixelLayout::bayer_rggb   ? cv::COLOR_BayerBG2BGR
         : layout == PixelLayout::bayer_bggr ? cv::COLOR_BayerRG2BGR
         : layout == PixelLayout::bayer_grbg ? cv::COLOR_BayerGB2BGR
                                             : cv::COLOR_BayerGR2BGR;
}

template <class T>
void put(std::span<std::byte> memory, size_t at, const T& value) {
  std::memcpy(memory.subspan(at, sizeof value).data(), &value, sizeof value);
}

}  // namespace

void LabelExecutor::run(const KernelCall& call) {
  const contract::KernelBuild& build = build_of(call.kernel);
  const KernelLaunch launch(call);
  const ResultStatus status = launch.judge(build);
  if (status != ResultStatus::done) {
    ResultHeader header{};
    header.status = status;
    header.contract_version = contract::kContractVersion;
    header.sequence = launch.sequence;
    put(launch.memory.at(launch.results, sizeof header, contract::kResultsArgument), 0, header);
    return;
  }
  prepare(launch.job);
  for (uint32_t frame = 0; frame < launch.frame_count; ++frame) run_frame(launch, frame);
}

void LabelExecutor::prepare(const CellLabelJob& job) {
  if (labeller_ && std::memcmp(&job, &job_, sizeof job) == 0) return;
  contract::LabelParameters p;
  p.width = job.width;
  p.height = job.height;
  p.max_objects = job.capacity;
  p.min_area = job.min_area;
  p.max_area = job.max_area;
  p.connectivity = job.connectivity;
  p.features = job.features;
  p.min_cell_pixels = job.min_cell_pixels;
  p.saturation_floor = job.saturation_floor;
  p.value_floor = job.value_floor;
  labeller_ = make_fast_labeller(p);
  table_.reserve(p);
  masks_.resize(job.classes);
  for (BitImage& mask : masks_) mask.resize(job.width, job.height);
  job_ = job;
}

void LabelExecutor::run_frame(const KernelLaunch& launch, uint32_t frame) {
  const FrameView pixels = pixels_of(launch, frame);
  segment(launch, frame, pixels);
  for (uint32_t k = 0; k < launch.job.classes; ++k) {
    table_.clear();
    labeller_->label(masks_[k], pixels, k, table_);
    write_region(launch, frame, k);
  }
}

FrameView LabelExecutor::pixels_of(const KernelLaunch& launch, uint32_t frame) {
  const CellLabelJob& job = launch.job;
  FrameView view;
  view.width = job.width;
  view.height = job.height;
  if (job.layout == PixelLayout::none) return view;
  view.data = reinterpret_cast<const uint8_t*>(launch.frame(frame).data());
  view.stride = static_cast<ptrdiff_t>(job.row_words) * contract::kWordBytes;
  view.format = job.layout == PixelLayout::grey16 ? PixelFormat::grey16
                : job.layout == PixelLayout::rgb8 ? PixelFormat::rgb8
                : has_colour(job.layout)          ? PixelFormat::bgr8
                                                  : PixelFormat::grey8;
  if (is_bayer(job.layout)) {
    demosaiced_.resize(size_t{3} * job.width * job.height);
    const cv::Mat mosaic(job.height, job.width, CV_8UC1, const_cast<uint8_t*>(view.data), view.stride);
    cv::Mat colour(job.height, job.width, CV_8UC3, demosaiced_.data());
    cv::cvtColor(mosaic, colour, demosaic_code(job.layout));
    view.data = demosaiced_.data();
    view.stride = ptrdiff_t{3} * job.width;
  }
  return view;
}

void LabelExecutor::segment(const KernelLaunch& launch, uint32_t frame, const FrameView& pixels) {
  const CellLabelJob& job = launch.job;
  if (job.segmentation == Segmentation::given) {
    read_masks(launch, frame);
  } else if (job.segmentation == Segmentation::colour_table) {
    classify(pixels, reinterpret_cast<const uint8_t*>(launch.colour_table().data()), job.classes, masks_.data());
  } else {
    const Polarity polarity = job.dark != 0 ? Polarity::dark : Polarity::bright;
    for (BitImage& mask : masks_) binarize(pixels, static_cast<int>(job.threshold), polarity, mask);
  }
}

void LabelExecutor::read_masks(const KernelLaunch& launch, uint32_t frame) {
  const CellLabelJob& job = launch.job;
  const int words = (job.width + 63) / 64;
  // What stands behind the last pixel of a row is not part of the mask.
  const uint64_t last = job.width % 64 == 0 ? ~uint64_t{0} : (uint64_t{1} << job.width % 64) - 1;
  for (uint32_t k = 0; k < job.classes; ++k) {
    const std::span<std::byte> mask = launch.mask(frame, k);
    for (int y = 0; y < job.height; ++y) {
      const size_t at = static_cast<size_t>(y) * job.mask_row_words * contract::kWordBytes;
      std::memcpy(masks_[k].row(y), mask.subspan(at, 8 * words).data(), 8 * words);
      masks_[k].row(y)[words - 1] &= last;
    }
  }
}

/// Objects in the order in which a kernel that sees one row of cells at a time finds them complete.
void LabelExecutor::write_region(const KernelLaunch& launch, uint32_t frame, uint32_t class_id) {
  const CellLabelJob& job = launch.job;
  const uint32_t words = contract::words_per_object(job.features);
  const size_t count = table_.objects.size();
  const std::span<std::byte> region = launch.region(frame, class_id, 1 + count * words);
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [this](uint32_t a, uint32_t b) {
    const uint32_t row_a = table_.objects[a].bottom / contract::kCellSide;
    const uint32_t row_b = table_.objects[b].bottom / contract::kCellSide;
    return row_a != row_b ? row_a < row_b : a < b;
  });
  size_t at = contract::kWordBytes;
  for (const uint32_t i : order_) {
    put(region, at, table_.objects[i]);
    if (words > 1) put(region, at + contract::kWordBytes, *table_.features_of(i));
    at += size_t{words} * contract::kWordBytes;
  }
  ResultHeader header{};
  header.status = ResultStatus::done;
  header.contract_version = contract::kContractVersion;
  header.sequence = launch.sequence + frame;
  header.class_id = class_id;
  header.objects = table_.summary.objects;
  header.lost = table_.summary.lost;
  header.filtered = table_.summary.filtered;
  header.foreground = table_.summary.foreground;
  put(region, 0, header);
}

}  // namespace flashcell::host
