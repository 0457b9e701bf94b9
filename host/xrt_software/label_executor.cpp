#include "host/xrt_software/label_executor.hpp"

#include <cstring>
#include <opencv2/imgproc.hpp>

#include "host/launch/launch_frames.hpp"
#include "host/segment/binarize.hpp"

namespace flashcell::host {
namespace {

using contract::CellLabelJob;
using contract::PixelLayout;
using contract::ResultStatus;
using contract::Segmentation;

/// OpenCV names a mosaic by the second row's second and third pixel.
int demosaic_code(PixelLayout layout) {
  return layout == PixelLayout::bayer_rggb   ? cv::COLOR_BayerBG2BGR
         : layout == PixelLayout::bayer_bggr ? cv::COLOR_BayerRG2BGR
         : layout == PixelLayout::bayer_grbg ? cv::COLOR_BayerGB2BGR
                                             : cv::COLOR_BayerGR2BGR;
}

}  // namespace

void LabelExecutor::run(const KernelCall& call) {
  const contract::KernelBuild& build = build_of(call.kernel);
  const KernelLaunch launch(call);
  const ResultStatus status = launch.judge(build);
  if (status != ResultStatus::done) {
    write_refusal(status, launch.sequence, launch.region(0, 0, sizeof(contract::ResultHeader)));
    return;
  }
  prepare(launch.layout.job);
  for (uint32_t frame = 0; frame < launch.layout.frames; ++frame) run_frame(launch, frame);
}

void LabelExecutor::prepare(const CellLabelJob& job) {
  if (labeller_ && std::memcmp(&job, &job_, sizeof job) == 0) return;
  const contract::LabelParameters parameters = label_parameters_of(job);
  labeller_ = make_fast_labeller(parameters);
  table_.reserve(parameters);
  masks_.resize(job.classes);
  for (BitImage& mask : masks_) mask.resize(job.width, job.height);
  job_ = job;
}

void LabelExecutor::run_frame(const KernelLaunch& launch, uint32_t frame) {
  const FrameView pixels = pixels_of(launch, frame);
  segment(launch, frame, pixels);
  for (uint32_t k = 0; k < launch.layout.job.classes; ++k) {
    table_.clear();
    labeller_->label(masks_[k], pixels, k, table_);
    write_region(launch, frame, k);
  }
}

FrameView LabelExecutor::pixels_of(const KernelLaunch& launch, uint32_t frame) {
  const CellLabelJob& job = launch.layout.job;
  const bool read = job.layout != PixelLayout::none;
  FrameView view = view_of_frame(launch.layout, read ? launch.frame(frame).data() : nullptr);
  if (!is_bayer(job.layout)) return view;
  demosaiced_.resize(size_t{3} * job.width * job.height);
  const cv::Mat mosaic(job.height, job.width, CV_8UC1, const_cast<uint8_t*>(view.data), view.stride);
  cv::Mat colour(job.height, job.width, CV_8UC3, demosaiced_.data());
  cv::cvtColor(mosaic, colour, demosaic_code(job.layout));
  view.data = demosaiced_.data();
  view.stride = ptrdiff_t{3} * job.width;
  view.format = format_of(job.layout);
  return view;
}

void LabelExecutor::segment(const KernelLaunch& launch, uint32_t frame, const FrameView& pixels) {
  const CellLabelJob& job = launch.layout.job;
  if (launch.layout.host_segments()) {
    for (uint32_t k = 0; k < job.classes; ++k) read_mask(launch.layout, launch.mask(frame, k), masks_[k]);
  } else if (job.segmentation == Segmentation::colour_table) {
    classify(pixels, reinterpret_cast<const uint8_t*>(launch.colour_table().data()), job.classes, masks_.data());
  } else {
    const Polarity polarity = job.dark != 0 ? Polarity::dark : Polarity::bright;
    for (BitImage& mask : masks_) binarize(pixels, static_cast<int>(job.threshold), polarity, mask);
  }
}

void LabelExecutor::write_region(const KernelLaunch& launch, uint32_t frame, uint32_t class_id) {
  const uint64_t bytes = sizeof(contract::ResultHeader) + table_.objects.size() * launch.layout.object_bytes();
  writer_.write(launch.layout, table_, launch.sequence + frame, class_id, launch.region(frame, class_id, bytes));
}

}  // namespace flashcell::host
