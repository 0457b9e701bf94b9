#pragma once
#include <cstdint>
#include <vector>

namespace flashcell::quant {

/// Numbers of mean 0 and variance about 1 in the plane, smooth from place to place and with detail of all sizes down to
/// a pixel: sums of octaves of random numbers on grids, each half as wide as the one before (Perlin, An Image
/// Synthesizer, SIGGRAPH 1985; values on the grids instead of slopes). The same place has the same number.
class FractalNoise {
 public:
  FractalNoise() = default;  ///< 0 everywhere
  /// `period`: of the widest grid, in pixels. `roughness`: an octave's deviation in shares of the one before.
  FractalNoise(double period, double roughness, uint64_t seed);
  double at(double x, double y) const;

 private:
  struct Octave {
    double frequency, weight;
    uint64_t seed;
  };
  std::vector<Octave> octaves_;
};

}  // namespace flashcell::quant
