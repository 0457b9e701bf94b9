#pragma once
#include <cstdint>

namespace flashcell::host {

/// SplitMix64's finalizer (Steele, Lea, Flood 2014): a bijection that scatters its argument over all 64 bits.
constexpr uint64_t scatter64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// Numbers by address instead of by order: (seed, stream) names a sequence, next() walks it. The same on every machine.
class CounterRandom {
 public:
  CounterRandom(uint64_t seed, uint64_t stream) : key_(scatter64(seed ^ scatter64(stream))) {}

  uint64_t bits() { return scatter64(key_ + counter_++ * 0xD1B54A32D192ED03u); }
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in 0..count-1; count below 2^32.
  uint32_t below(uint32_t count) { return static_cast<uint32_t>(((bits() >> 32) * count) >> 32); }

 private:
  uint64_t key_, counter_ = 0;
};

}  // namespace flashcell::host
