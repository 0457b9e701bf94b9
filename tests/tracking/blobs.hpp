#pragma once
#include <cstdint>
#include <vector>

#include "tests/tracking/follow.hpp"

namespace flashcell::test {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  double uniform(double low, double high) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return low + (high - low) * static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

/// What a labeller finds in a frame: the 8-connected unions of these runs, which may overlap, measured, and their
/// pixels.
Sight see(int64_t frame, std::vector<tracking::PixelRun> runs);

}  // namespace flashcell::test
