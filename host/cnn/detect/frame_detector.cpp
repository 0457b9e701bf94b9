#include "host/cnn/detect/frame_detector.hpp"

#include <algorithm>

#include "host/cnn/network.hpp"
#include "pipeline/error.hpp"

namespace flashcell::host {
namespace {

const quant::PackedModel& checked(const quant::PackedModel& model) {
  classes_of(model);
  return model;
}

}  // namespace

FrameDetector::FrameDetector(const quant::PackedModel& model, const quant::DecodeOptions& options, int significant_bits)
    : resampler_(resampler_for(checked(model), significant_bits)),
      table_(model),
      engine_(model),
      decoder_(model, options),
      input_(engine_.input_bytes()),
      output_(engine_.output_bytes()) {
  const size_t cells = static_cast<size_t>(decoder_.rows()) * static_cast<size_t>(decoder_.columns());
  detections_.reserve(cells);
  cells_.reserve(cells);
}

std::span<const uint8_t> FrameDetector::input_of(const FrameView& frame) {
  const bool as_it_is = table_.is_identity() && frame.format == PixelFormat::grey8 && resampler_.channels() == 1 &&
                        frame.width == resampler_.width() && frame.height == resampler_.height() &&
                        frame.stride == frame.width;
  if (as_it_is) return {frame.data, input_.size()};
  resampler_.run(frame, {0, 0, frame.width, frame.height}, input_.data());
  table_.apply(input_, input_);
  return input_;
}

std::span<const quant::Detection> FrameDetector::detect(const FrameView& frame) {
  engine_.run(input_of(frame), 1, output_);
  detections_.clear();
  cells_.clear();
  const auto width = static_cast<float>(frame.width), height = static_cast<float>(frame.height);
  const float x = width / static_cast<float>(resampler_.width()), y = height / static_cast<float>(resampler_.height());
  for (const CellDetection& found : decoder_.decode(output_)) {
    quant::Detection d = found.detection;
    d.box = {std::max(d.box.left * x, 0.0F), std::max(d.box.top * y, 0.0F), std::min(d.box.right * x, width),
             std::min(d.box.bottom * y, height)};
    if (!(d.box.width() > 0) || !(d.box.height() > 0)) continue;
    detections_.push_back(d);
    cells_.push_back(found.cell);
  }
  return detections_;
}

tracking::ClassBelief FrameDetector::name(size_t index) const {
  const quant::Detection& d = detections_[index];
  tracking::ClassBelief name;
  name.classes = classes();
  for (int c = 0; c < classes(); ++c)
    name.log_weight[static_cast<size_t>(c)] = decoder_.value(output_, cells_[index], quant::kFirstClass + c);
  name.best = d.object_class;
  name.confidence = d.score;
  return name;
}

}  // namespace flashcell::host
