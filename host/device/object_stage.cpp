#include "host/device/object_stage.hpp"

#include "base/error.hpp"
#include "host/device/device_factory.hpp"

namespace flashcell::host {
namespace {

/// The objects' polarity decides which pixels weigh in a sub-pixel centroid.
tracking::MeasureParameters measure_parameters(const Config& config, const DevicePlan& plan, const SourceInfo& source) {
  tracking::MeasureParameters measure;
  measure.features = plan.label.features;
  if (!config.track.intensity_centroid) return measure;
  if ((config.label.features & contract::kFeatureIntensity) == 0)
    throw Error(Fault::usage, "track.intensity_centroid needs label.intensity = true");
  const bool dark = plan.segment.polarity == Polarity::dark && plan.segment.method != SegmentMethod::colour;
  measure.centroid = dark ? tracking::CentroidWeight::darkness : tracking::CentroidWeight::grey;
  measure.white = source.format == PixelFormat::grey16 ? (1 << source.significant_bits) - 1 : 255;
  return measure;
}

}  // namespace

ObjectStage labelled_objects(const Config& config, const SourceInfo& source) {
  DevicePlan plan = plan_device(config, source);
  plan.keep_pixels = config.track.parameters.resolve_merges && config.track.divide_pixels;
  ObjectStage stage;
  if (plan.cells && config.track.intensity_centroid)
    throw Error(Fault::usage, "track.intensity_centroid: events have no grey; leave it out");
  stage.make_device = [plan] { return make_device(plan); };
  stage.make_pixels = [plan] { return std::make_unique<ObjectPixels>(plan); };
  stage.measure = measure_parameters(config, plan, source);
  if (!plan.cells && plan.segment.method == SegmentMethod::colour) {
    for (const ColourClass& c : plan.segment.classes) stage.colour_classes.push_back(c.name);
  }
  return stage;
}

}  // namespace flashcell::host
