#include "host/device/device_factory.hpp"

#include <vector>

#include "base/error.hpp"
#include "host/hls/hls_labeller.hpp"
#include "host/label/blob_runs.hpp"
#include "host/label/labeller.hpp"
#include "host/label/unpack_cells.hpp"
#include "host/segment/cell_regions.hpp"
#include "host/segment/segmenter.hpp"
#include "host/xrt/xrt_device.hpp"

namespace flashcell::host {
namespace {

/// Segments and labels on the host's processor, with one of the labellers.
class HostDevice : public Device {
 public:
  HostDevice(const DevicePlan& plan, std::unique_ptr<Labeller> labeller)
      : name_(name_in(kDeviceKinds, plan.kind)),
        segmenter_(make_segmenter(plan.segment, static_cast<int>(plan.label.width), static_cast<int>(plan.label.height),
                                  plan.format)),
        labeller_(std::move(labeller)),
        label_(plan.label),
        keep_pixels_(plan.keep_pixels) {
    masks_.resize(segmenter_->masks());
    for (BitImage& mask : masks_) mask.resize(static_cast<int>(plan.label.width), static_cast<int>(plan.label.height));
  }

  std::string name() const override { return name_; }
  bool in_order() const override { return segmenter_->in_order(); }

  void process(const Frame& frame, ObjectTable& table) override {
    table.clear();
    table.reserve(label_);
    segmenter_->segment(frame.view, masks_.data());
    table.summary.outside = static_cast<uint32_t>(segmenter_->outside());
    for (size_t k = 0; k < masks_.size(); ++k) labeller_->label(masks_[k], frame.view, static_cast<uint32_t>(k), table);
    if (keep_pixels_) BlobRuns::keep(label_, masks_, table);
  }

 private:
  std::string name_;
  std::unique_ptr<Segmenter> segmenter_;
  std::unique_ptr<Labeller> labeller_;
  std::vector<BitImage> masks_;
  contract::LabelParameters label_;
  bool keep_pixels_;
};

/// Labels the foreground that frames come with, on the host's processor.
class CellDevice : public Device {
 public:
  CellDevice(const DevicePlan& plan, std::unique_ptr<Labeller> labeller)
      : name_(name_in(kDeviceKinds, plan.kind)),
        labeller_(std::move(labeller)),
        label_(plan.label),
        keep_pixels_(plan.keep_pixels),
        regions_(plan.segment.regions, static_cast<int>(plan.label.width), static_cast<int>(plan.label.height)),
        masks_(1, BitImage(static_cast<int>(plan.label.width), static_cast<int>(plan.label.height))) {}

  std::string name() const override { return name_; }
  bool in_order() const override { return false; }

  void process(const Frame& frame, ObjectTable& table) override {
    table.clear();
    table.reserve(label_);
    const std::span<const uint64_t> cells = regions_.inside(frame.cells);
    table.summary.outside = static_cast<uint32_t>(regions_.outside());
    labeller_->label_cells(cells, masks_[0], 0, table);
    if (!keep_pixels_) return;
    unpack_cells(cells, masks_[0]);
    BlobRuns::keep(label_, masks_, table);
  }

 private:
  std::string name_;
  std::unique_ptr<Labeller> labeller_;
  contract::LabelParameters label_;
  bool keep_pixels_;
  CellRegions regions_;
  std::vector<BitImage> masks_;
};

/// Of the kinds that label on the host's processor.
std::unique_ptr<Labeller> make_labeller(const DevicePlan& plan) {
  switch (plan.kind) {
    case DeviceKind::cpu:
    case DeviceKind::cim:
      return make_fast_labeller(plan.label);
    case DeviceKind::hls:
      return make_hls_labeller(plan.label);
    case DeviceKind::reference:
      return make_reference_labeller(plan.label);
    case DeviceKind::xrt:
      break;
  }
  throw Error(Fault::bug, std::string("a device ") + name_in(kDeviceKinds, plan.kind) + " has no labeller");
}

}  // namespace

DevicePlan plan_device(const Config& config, int width, int height, PixelFormat format) {
  DevicePlan plan;
  plan.kind = config.pipeline.device;
  plan.segment = config.segment.parameters;
  plan.format = format;
  plan.xrt = config.xrt;
  contract::LabelParameters& p = plan.label;
  const LabelSection& s = config.label;
  p.width = static_cast<uint32_t>(width);
  p.height = static_cast<uint32_t>(height);
  p.max_objects = s.max_objects;
  p.min_area = s.min_area > 0 ? s.min_area : 1;
  p.max_area = s.max_area > 0 ? static_cast<uint32_t>(s.max_area) : 0xFFFFFFFFu;
  p.connectivity = s.connectivity_for(false);
  p.min_cell_pixels = static_cast<uint8_t>(s.min_cell_pixels);
  p.saturation_floor = static_cast<uint8_t>(s.saturation_floor);
  p.value_floor = static_cast<uint8_t>(s.value_floor);
  p.features = is_colour(format) ? s.features : contract::without_colour(s.features);
  return plan;
}

DevicePlan plan_device(const Config& config, const SourceInfo& source) {
  DevicePlan plan = plan_device(config, source.width, source.height, source.format);
  plan.cells = source.has_cells;
  plan.label.connectivity = config.label.connectivity_for(source.has_cells);
  if (plan.cells) plan.label.features &= contract::features_where([](const auto& f) { return !f.needs_pixels; });
  return plan;
}

std::unique_ptr<Device> make_device(const DevicePlan& plan) {
  if (plan.kind == DeviceKind::xrt) {
    return make_xrt_device(plan.xrt, plan.segment, plan.label,
                           plan.cells ? FrameForeground::cells : FrameForeground::pixels, plan.format,
                           plan.keep_pixels);
  }
  if (plan.cells) return std::make_unique<CellDevice>(plan, make_labeller(plan));
  return std::make_unique<HostDevice>(plan, make_labeller(plan));
}

}  // namespace flashcell::host
