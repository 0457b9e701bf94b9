#include "host/driving/rgb_camera.hpp"

#include <algorithm>
#include <cmath>

#include "host/synth/random.hpp"

namespace flashcell::host {
namespace {

constexpr double kMiddle = 0.16;  // of white, for the mean of the light's square roots

/// Nearly Gaussian with variance 1: the sum of four uniform numbers of 16 bits.
double noise_of(uint64_t bits) {
  const uint64_t sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
  return (static_cast<double>(sum) / 65536 - 2) * 1.7320508075688772;
}

}  // namespace

Exposure choose_exposure(const LightImage& image) {
  // Square roots: a few lamps shall not make the street black.
  double sum = 0;
  for (const Colour& light : image.light) sum += std::sqrt(std::max(0.0, static_cast<double>(light.green)));
  const double root = sum / static_cast<double>(image.light.size());
  const double electrons_a_second = std::max(root * root, 1e-6) * kElectronsPerLux;
  const double wanted = kMiddle * kFullWell / electrons_a_second;
  Exposure exposure;
  exposure.seconds = std::clamp(wanted, kShortest, kLongest);
  exposure.gain = std::clamp(wanted / exposure.seconds, 1.0, kMostGain);
  return exposure;
}

std::vector<uint8_t> expose(const LightImage& image, const Exposure& exposure, uint64_t key) {
  std::vector<uint8_t> rgb(3 * image.light.size());
  const double scale = kElectronsPerLux * exposure.seconds, white = kFullWell / exposure.gain;
  for (size_t i = 0; i < image.light.size(); ++i) {
    const Colour& light = image.light[i];
    const float channels[3] = {light.red, light.green, light.blue};
    for (size_t c = 0; c < 3; ++c) {
      const double signal = std::clamp(scale * static_cast<double>(channels[c]), 0.0, kFullWell);
      const double noise = std::sqrt(signal + kReadNoise * kReadNoise) * noise_of(scatter64(key + 3 * i + c));
      const double share = std::clamp((signal + noise) / white, 0.0, 1.0);
      rgb[3 * i + c] = static_cast<uint8_t>(255 * std::sqrt(share) + 0.5);
    }
  }
  return rgb;
}

}  // namespace flashcell::host
