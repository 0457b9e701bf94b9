#include "quant_models/quantize/norm_reparameterization.hpp"

#include <stdexcept>

namespace flashcell::quant {

double NormReparameterization::mean_zero_point(std::span<const AffineSteps> channels) {
  double sum = 0;
  for (const AffineSteps& each : channels) sum += each.zero_point;
  return sum / static_cast<double>(channels.size());
}

NormReparameterization::NormReparameterization(std::span<const AffineSteps> channels, double zero_point) {
  if (channels.empty()) throw std::invalid_argument("reparameterization: no channels");
  double sum = 0;
  for (const AffineSteps& each : channels) sum += each.scale;
  steps_ = {sum / static_cast<double>(channels.size()), zero_point};
  for (const AffineSteps& each : channels) {
    factors_.push_back(each.scale / steps_.scale);
    shifts_.push_back(steps_.scale * (zero_point - each.zero_point));
  }
}

void NormReparameterization::change_norm(Tensor& gamma, Tensor& beta) const {
  if (gamma.values.size() != factors_.size() || beta.values.size() != factors_.size())
    throw std::invalid_argument("reparameterization: factor and shift do not have a number for each channel");
  for (size_t c = 0; c < factors_.size(); ++c) {
    gamma.values[c] = static_cast<float>(gamma.values[c] / factors_[c]);
    beta.values[c] = static_cast<float>(beta.values[c] / factors_[c] - shifts_[c]);
  }
}

void NormReparameterization::change_reader(Tensor& weight, Tensor& bias) const {
  const size_t channels = factors_.size(), outputs = weight.values.size() / channels;
  if (outputs * channels != weight.values.size())
    throw std::invalid_argument("reparameterization: the weights do not read so many channels");
  if (bias.empty()) bias = make_tensor({static_cast<int64_t>(outputs)}, std::vector<float>(outputs, 0.0F));
  for (size_t o = 0; o < outputs; ++o) {
    double shift = 0;
    for (size_t c = 0; c < channels; ++c) {
      float& w = weight.values[o * channels + c];
      const double changed = w * factors_[c];
      shift += changed * shifts_[c];
      w = static_cast<float>(changed);
    }
    bias.values[o] = static_cast<float>(bias.values[o] + shift);
  }
}

}  // namespace flashcell::quant
