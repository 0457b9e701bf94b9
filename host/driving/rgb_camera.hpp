#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/driving/light_image.hpp"

namespace flashcell::host {

/// A colour camera with automatic exposure. A pixel collects kElectronsPerLux electrons a second and lux times
/// reflectance (f/2, 3 um: about 5000 e-/lux s at the sensor, a sixteenth of the scene's light gets there), up to
/// kFullWell. Exposure first, up to kLongest, then gain. Shot noise of the electrons (their square root, taken for
/// Gaussian), read noise, 8 bits of a square-root tone curve.
struct Exposure {
  double seconds = 0;
  double gain = 1;
};

constexpr double kElectronsPerLux = 1000;
constexpr double kFullWell = 10'000;
constexpr double kReadNoise = 2.5;  ///< electrons
constexpr double kShortest = 50e-6, kLongest = 20e-3;
constexpr double kMostGain = 32;

/// For a picture of this light.
Exposure choose_exposure(const LightImage& image);

/// Red, green, blue bytes of light that is the mean over the exposure. `key` names the noise.
std::vector<uint8_t> expose(const LightImage& image, const Exposure& exposure, uint64_t key);

}  // namespace flashcell::host
