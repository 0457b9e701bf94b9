#pragma once
#include <memory>

#include "host/config/config.hpp"
#include "pipeline/device.hpp"

namespace flashcell::host {

/// What a configuration means for frames of one geometry.
struct DevicePlan {
  DeviceKind kind = DeviceKind::cpu;
  SegmentParameters segment;
  contract::LabelParameters label;
  PixelFormat format = PixelFormat::grey8;
  XrtSection xrt;
  bool cells = false;        ///< frames come with their foreground (Frame::cells): nothing is segmented
  bool keep_pixels = false;  ///< the devices keep what their tables' objects consist of: ObjectTable::pixels
};

/// Of frames of a source: the same, and for those that come with their foreground no features of pixels.
DevicePlan plan_device(const Config& config, const SourceInfo& source);

/// Leaves out what the format cannot give (hue on grey frames). Throws Error(Fault::usage).
DevicePlan plan_device(const Config& config, int width, int height, PixelFormat format);

/// Throws Error(Fault::usage) when a parameter does not fit, Error(Fault::device) when a board cannot be used.
std::unique_ptr<Device> make_device(const DevicePlan& plan);

}  // namespace flashcell::host
