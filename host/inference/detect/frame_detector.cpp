#include "host/inference/detect/frame_detector.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "host/inference/network.hpp"

namespace flashcell::host {

FrameDetector::FrameDetector(const quant::PackedModel& model, const quant::DecodeOptions& options, int significant_bits,
                             const EngineFactory& make_engine)
    : resampler_(resampler_for(model, significant_bits)),
      table_(model),
      engine_(make_engine(model)),
      decoder_(make_box_decoder(model, options)),
      input_(engine_->input_bytes()),
      output_(engine_->output_bytes()) {
  detections_.reserve(options.most);
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

std::span<const quant::Detection> FrameDetector::detect(const FrameView& frame, int64_t frame_number) {
  engine_->run(input_of(frame), 1, output_, item_number(frame_number));
  detections_.clear();
  const auto width = static_cast<float>(frame.width), height = static_cast<float>(frame.height);
  const float x = width / static_cast<float>(resampler_.width()), y = height / static_cast<float>(resampler_.height());
  for (quant::Detection d : decoder_->decode(output_)) {
    d.box = {std::max(d.box.left * x, 0.0F), std::max(d.box.top * y, 0.0F), std::min(d.box.right * x, width),
             std::min(d.box.bottom * y, height)};
    if (!(d.box.width() > 0) || !(d.box.height() > 0)) continue;
    detections_.push_back(d);
  }
  return detections_;
}

}  // namespace flashcell::host
