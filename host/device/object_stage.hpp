#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/device/object_pixels.hpp"
#include "pipeline/device.hpp"
#include "tracking/detection.hpp"

namespace flashcell::host {

/// One way to find the objects of a run's frames, ready to be used: labelling (labelled_objects), a detector
/// (Naming::objects) or a list (listed_objects).
struct ObjectStage {
  DeviceFactory make_device;                ///< stands on its own
  tracking::MeasureParameters measure;      ///< what the devices measure and how records become detections
  std::vector<std::string> colour_classes;  ///< names by colour class; empty where there are none
  /// Says which pixels are whose; empty where objects have none: boxes.
  std::function<std::unique_ptr<ObjectPixels>()> make_pixels;
};

/// By segmentation and labelling on the configured device. Throws Error(Fault::usage).
ObjectStage labelled_objects(const Config& config, const SourceInfo& source);

}  // namespace flashcell::host
