#include "host/inference/input_table.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"

namespace flashcell::host {

InputTable::InputTable(const quant::PackedModel& model) {
  const auto input = std::find_if(model.tensors.begin(), model.tensors.end(), [](const contract::TensorDescriptor& t) {
    return (t.role & contract::kInputTensor) != 0;
  });
  const quant::Preprocessing& preprocessing = model.preprocessing;
  const size_t channels = preprocessing.channels == quant::Preprocessing::Channels::grey ? 1 : 3;
  if (input == model.tensors.end() || input->channels != channels) {
    throw Error(Fault::input, model.name + ": its first input does not have the " + std::to_string(channels) +
                                  " channels that its preprocessing names; export it again");
  }
  if (contract::bytes_per_value(input->type) != 1)
    throw Error(Fault::input, model.name + ": its first input has " + std::to_string(input->bits) +
                                  " bits; pixels become integers of up to 8: quantize it so");
  const double scale = model.tensor_scales[static_cast<size_t>(input - model.tensors.begin())];
  const double low = contract::lowest(input->type, input->bits), high = contract::highest(input->type, input->bits);
  tables_.resize(channels);
  for (size_t channel = 0; channel < channels; ++channel) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      const double real = (pixel - double{preprocessing.mean[channel]}) * double{preprocessing.factor[channel]};
      const double value = std::clamp(std::floor(real / scale + 0.5) + input->zero_point, low, high);
      tables_[channel][static_cast<size_t>(pixel)] = static_cast<uint8_t>(static_cast<int>(value));
      identity_ = identity_ && tables_[channel][static_cast<size_t>(pixel)] == pixel;
    }
  }
}

void InputTable::apply(std::span<const uint8_t> pixels, std::span<uint8_t> values) const {
  if (pixels.size() != values.size() || pixels.size() % tables_.size() != 0) {
    throw Error(Fault::usage, "pixels and values must have the same number of bytes: " +
                                  std::to_string(tables_.size()) + " for each pixel");
  }
  if (identity_) {
    if (pixels.data() != values.data()) std::copy(pixels.begin(), pixels.end(), values.begin());
    return;
  }
  const size_t channels = tables_.size();
  for (size_t i = 0; i < pixels.size(); i += channels) {
    for (size_t channel = 0; channel < channels; ++channel) values[i + channel] = tables_[channel][pixels[i + channel]];
  }
}

}  // namespace flashcell::host
