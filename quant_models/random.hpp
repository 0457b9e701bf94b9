#pragma once
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>

namespace flashcell::quant {

/// Numbers from a seed and a place (epoch, image, ...): the same place gives the same numbers on every machine, in
/// whatever order places are visited. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
class Random {
 public:
  Random(uint64_t seed, std::initializer_list<uint64_t> place) : state_(seed) {
    for (const uint64_t p : place) state_ = next() ^ (p * 0xd1342543de82ef95U);
  }

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// 0 .. n-1; n above 0. Bias below n / 2^64.
  uint64_t below(uint64_t n) { return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64); }
  /// Mean 0, variance 1 (Box and Muller).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  uint64_t state_;
};

}  // namespace flashcell::quant
