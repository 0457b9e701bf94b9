#include "host/inference/detect/head_decoder.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "host/inference/network.hpp"

namespace flashcell::host {

HeadDecoder::HeadDecoder(const quant::PackedModel& model, const quant::DecodeOptions& options)
    : calibration_(model.calibration.value_or(Calibration())),
      options_(options),
      input_rows_(input_of(model).height),
      input_columns_(input_of(model).width),
      heads_(heads_of(model)),
      numbers_(quant::bytes_of_role(model, contract::kOutputTensor)) {
  classes_of(model);
  const NetworkKind kind = kind_of(model);
  if (kind != NetworkKind::fastestdet && kind != NetworkKind::yunet)
    throw Error(Fault::input, model.name + ": has the outputs of neither FastestDet nor YuNet");
  if (kind == NetworkKind::fastestdet) {
    class_head_ = &quant::fastestdet_classes(heads_);
    classes_ = class_head_->channels;
  }
  size_t next = 0, head = 0;
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    const contract::TensorDescriptor& t = model.tensors[i];
    if ((t.role & contract::kOutputTensor) == 0) continue;
    heads_[head++].values = {numbers_.data() + next, quant::bytes_of(t)};
    next += quant::bytes_of(t);
    std::array<float, 256>& values = value_.emplace_back();
    for (int byte = 0; byte < 256; ++byte) {
      const int stored = stored_value(t, static_cast<uint8_t>(byte));
      values[static_cast<size_t>(byte)] = model.tensor_scales[i] * static_cast<float>(stored - t.zero_point);
    }
  }
}

std::span<const quant::Detection> HeadDecoder::decode(std::span<const uint8_t> output) {
  size_t next = 0;
  for (size_t head = 0; head < heads_.size(); ++head)
    for (const size_t end = next + heads_[head].values.size(); next < end; ++next)
      numbers_[next] = value_[head][output[next]];
  found_ = class_head_ != nullptr ? quant::decode_fastestdet(heads_, input_rows_, input_columns_, options_)
                                  : quant::decode_yunet(heads_, options_);
  return found_;
}

tracking::ClassBelief HeadDecoder::class_of(std::span<const uint8_t>, const quant::Detection& box) const {
  tracking::ClassBelief belief;
  belief.classes = classes_;
  if (class_head_ != nullptr) {
    const auto classes = static_cast<size_t>(classes_);
    const auto logits = class_head_->values.subspan(static_cast<size_t>(box.cell) * classes, classes);
    std::copy(logits.begin(), logits.end(), belief.log_weight.begin());
  }
  conclude_box(calibration_, box, belief);
  return belief;
}

}  // namespace flashcell::host
