#include "quant_models/recurrent/convolution_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace flashcell::quant {
namespace {

constexpr int kTaps = 3, kStride = 2, kMostChannels = 1024, kMostSide = 1024;

size_t size_of_weights(const HeadConvolution& layer) {
  return static_cast<size_t>(layer.channels_in) * kTaps * kTaps * static_cast<size_t>(layer.channels);
}

/// Calls use(tap, output pixel) for each output that a pixel is in the window of.
template <class Use>
void for_each_window(const HeadConvolution& layer, int row, int column, Use&& use) {
  const int side = layer.side_out();
  for (int y = 0; y < kTaps; ++y) {
    const int out_row = row + 1 - y;  // times the stride
    if (out_row < 0 || out_row % kStride != 0 || out_row / kStride >= side) continue;
    for (int x = 0; x < kTaps; ++x) {
      const int out_column = column + 1 - x;
      if (out_column < 0 || out_column % kStride != 0 || out_column / kStride >= side) continue;
      use(y * kTaps + x, out_row / kStride * side + out_column / kStride);
    }
  }
}

bool all_finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float n) { return std::isfinite(n); });
}

}  // namespace

ConvolutionHead make_head(int planes, int side, const std::vector<int>& channels, uint64_t seed) {
  ConvolutionHead head;
  for (const int each : channels) {
    HeadConvolution layer;
    layer.channels_in = planes;
    layer.channels = each;
    layer.side = side;
    Random random(seed, {401, head.size()});
    const double size = std::sqrt(6.0 / (planes * kTaps * kTaps));
    for (size_t i = 0; i < size_of_weights(layer); ++i)
      layer.weights.push_back(static_cast<float>(random.uniform(-size, size)));
    layer.biases.assign(static_cast<size_t>(each), 0.0F);
    planes = each;
    side = layer.side_out();
    head.push_back(std::move(layer));
  }
  return head;
}

std::string fault_of(const ConvolutionHead& head) {
  for (size_t i = 0; i < head.size(); ++i) {
    const HeadConvolution& layer = head[i];
    const bool sized = layer.channels_in >= 1 && layer.channels_in <= kMostChannels && layer.channels >= 1 &&
                       layer.channels <= kMostChannels && layer.side >= 1 && layer.side <= kMostSide;
    if (!sized) return fmt::format("convolution {} is of no usable size", i);
    if (layer.weights.size() != size_of_weights(layer) || layer.biases.size() != static_cast<size_t>(layer.channels) ||
        !all_finite(layer.weights) || !all_finite(layer.biases))
      return fmt::format("convolution {} lacks weights, or has some that are not finite", i);
    if (i > 0 && (layer.channels_in != head[i - 1].channels || layer.side != head[i - 1].side_out()))
      return fmt::format("convolution {} does not fit the one below", i);
  }
  return "";
}

HeadRunner::HeadRunner(const ConvolutionHead& head) {
  for (const HeadConvolution& layer : head) {
    outputs_.emplace_back(static_cast<size_t>(layer.outputs()));
    slopes_.emplace_back(static_cast<size_t>(layer.outputs()));
  }
}

void HeadRunner::find_spots(const HeadConvolution& layer, std::span<const float> picture, bool planes) {
  spots_.clear();
  const int side = layer.side, channels = layer.channels_in;
  for (size_t i = 0; i < picture.size(); ++i) {
    if (picture[i] == 0) continue;
    const int place = static_cast<int>(i), pixel = planes ? place % (side * side) : place / channels;
    spots_.push_back({planes ? place / (side * side) : place % channels, pixel / side, pixel % side, picture[i], i});
  }
}

std::span<const float> HeadRunner::forward(const ConvolutionHead& head, std::span<const float> picture) {
  for (size_t l = 0; l < head.size(); ++l) {
    const HeadConvolution& layer = head[l];
    const auto channels = static_cast<size_t>(layer.channels);
    std::vector<float>& out = outputs_[l];
    for (size_t i = 0; i < out.size(); i += channels) std::copy(layer.biases.begin(), layer.biases.end(), &out[i]);
    find_spots(layer, picture, l == 0);
    for (const Spot& spot : spots_) {
      for_each_window(layer, spot.row, spot.column, [&](int tap, int pixel) {
        const float* weights = &layer.weights[static_cast<size_t>(spot.channel * kTaps * kTaps + tap) * channels];
        float* sums = &out[static_cast<size_t>(pixel) * channels];
        for (size_t c = 0; c < channels; ++c) sums[c] += weights[c] * spot.value;
        macs_ += layer.channels;
      });
    }
    for (float& sum : out) sum = std::max(sum, 0.0F);
    picture = out;
  }
  return picture;
}

void HeadRunner::backward(const ConvolutionHead& head, std::span<const float> picture, std::span<const float> slopes,
                          ConvolutionHead& gradients) {
  const int64_t macs = macs_;
  forward(head, picture);
  macs_ = macs;
  std::copy(slopes.begin(), slopes.end(), slopes_.back().begin());
  for (size_t l = head.size(); l-- > 0;) {
    const HeadConvolution& layer = head[l];
    const auto channels = static_cast<size_t>(layer.channels);
    std::vector<float>& slope = slopes_[l];
    for (size_t i = 0; i < slope.size(); ++i) {
      if (outputs_[l][i] <= 0) slope[i] = 0;
      gradients[l].biases[i % channels] += slope[i];
    }
    find_spots(layer, l == 0 ? picture : std::span<const float>(outputs_[l - 1]), l == 0);
    // Where the convolution below said 0, its ReLU lets nothing through.
    if (l > 0) std::fill(slopes_[l - 1].begin(), slopes_[l - 1].end(), 0.0F);
    for (const Spot& spot : spots_) {
      float below = 0;
      for_each_window(layer, spot.row, spot.column, [&](int tap, int pixel) {
        const size_t first = static_cast<size_t>(spot.channel * kTaps * kTaps + tap) * channels;
        const float* from = &slope[static_cast<size_t>(pixel) * channels];
        for (size_t c = 0; c < channels; ++c) {
          gradients[l].weights[first + c] += spot.value * from[c];
          below += layer.weights[first + c] * from[c];
        }
      });
      if (l > 0) slopes_[l - 1][spot.place] = below;
    }
  }
}

double dense_macs(const ConvolutionHead& head) {
  double sum = 0;
  for (const HeadConvolution& layer : head)
    sum += static_cast<double>(layer.outputs()) * layer.channels_in * kTaps * kTaps;
  return sum;
}

}  // namespace flashcell::quant
