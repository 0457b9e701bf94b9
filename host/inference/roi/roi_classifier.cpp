#include "host/inference/roi/roi_classifier.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "host/inference/network.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kAhead = 4;  // objects: a frame from memory arrives in time, and the cache holds them

const quant::PackedModel& checked(const quant::PackedModel& model) {
  classes_of(model);
  if (kind_of(model) != NetworkKind::classifier)
    throw Error(Fault::input, model.name + ": is a cell detector, not a classifier; name it as detect.model");
  return model;
}

}  // namespace

RoiClassifier::RoiClassifier(const quant::PackedModel& model, const CropParameters& parameters, int significant_bits,
                             const EngineFactory& make_engine)
    : cropper_(resampler_for(checked(model), significant_bits), parameters),
      table_(model),
      engine_(make_engine(model)),
      output_(output_of(model)),
      calibration_(model.calibration.value_or(Calibration())),
      inputs_(engine_->items_at_once() * engine_->input_bytes()),
      outputs_(engine_->items_at_once() * engine_->output_bytes()) {
  const float scale = output_scale(model);
  const float most = most_evidence(calibration_, static_cast<size_t>(output_.channels));
  for (size_t steps = 0; steps < weight_.size(); ++steps) {
    const float below = scale * static_cast<float>(steps);
    evidence_[steps] = std::max(-below / calibration_.temperature, -most);
    weight_[steps] = std::exp(evidence_[steps]);
    // Half a step against rounding: many pictures lie on the same one.
    if (calibration_.objects > 0 && -below > calibration_.familiar + scale / 2)
      least_familiar_ = static_cast<int>(steps) + 1;
  }
}

void RoiClassifier::conclude(const uint8_t* scores, tracking::ClassBelief& name) const {
  const int classes = output_.channels;
  int best = 0, most = stored_value(output_, scores[0]), second = INT8_MIN;
  for (int c = 1; c < classes; ++c) {
    const int score = stored_value(output_, scores[c]);
    if (score > most) {
      second = most;
      most = score;
      best = c;
    } else {
      second = std::max(second, score);
    }
  }
  float sum = 0;
  for (int c = 0; c < classes; ++c) {
    const int below = most - stored_value(output_, scores[c]);
    name.log_weight[static_cast<size_t>(c)] = evidence_[static_cast<size_t>(below)];
    sum += weight_[static_cast<size_t>(below)];
  }
  name.classes = classes;
  name.best = best;
  name.confidence = std::min(1 / sum, 1 - calibration_.doubt);
  name.doubt = calibration_.doubt;
  name.strange = most - second < least_familiar_;
}

void RoiClassifier::classify(const FrameView& frame, std::span<const contract::ObjectRecord> objects,
                             std::span<tracking::ClassBelief> names, int64_t frame_number) {
  const size_t batch = engine_->items_at_once(), in_bytes = engine_->input_bytes(), out_bytes = engine_->output_bytes();
  for (size_t begin = 0; begin < objects.size(); begin += batch) {
    const size_t count = std::min(batch, objects.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      const std::span<uint8_t> input(inputs_.data() + i * in_bytes, in_bytes);
      if (begin + i + kAhead < objects.size()) RoiCropper::prefetch(frame, objects[begin + i + kAhead]);
      cropper_.crop(frame, objects[begin + i], input.data());
      table_.apply(input, input);
    }
    engine_->run({inputs_.data(), count * in_bytes}, count, {outputs_.data(), count * out_bytes},
                 item_number(frame_number, begin));
    for (size_t i = 0; i < count; ++i) conclude(outputs_.data() + i * out_bytes, names[begin + i]);
  }
}

tracking::ClassBelief RoiClassifier::look(const FrameView& frame, const inference::Region& region) {
  const std::span<uint8_t> input(inputs_.data(), engine_->input_bytes()),
      output(outputs_.data(), engine_->output_bytes());
  cropper_.resampler().run(frame, region, input.data());
  table_.apply(input, input);
  engine_->run(input, 1, output, 0);
  tracking::ClassBelief name;
  conclude(output.data(), name);
  return name;
}

}  // namespace flashcell::host
