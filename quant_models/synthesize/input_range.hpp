#pragma once
#include <vector>

#include "quant_models/metadata.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// The numbers that pixels 0 to 255 become, channel by channel, as the network takes them.
struct InputRange {
  std::vector<float> low, high;  ///< as many as channels

  float centre(size_t channel) const { return (low[channel] + high[channel]) / 2; }
  /// About the standard deviation of photographs' pixels, a quarter of the range.
  float spread(size_t channel) const { return (high[channel] - low[channel]) / 4; }
};

/// Of a network whose input (N x C x H x W) is made of pixels in this way. Throws ModelError for an input of another
/// number of channels, or that is no image.
InputRange input_range(const Preprocessing& preprocessing, const Shape& input);

}  // namespace flashcell::quant
