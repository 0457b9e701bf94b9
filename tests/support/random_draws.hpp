#pragma once
#include <algorithm>
#include <cstdint>
#include <random>

#include "quant_models/packed/model_builder.hpp"

namespace flashcell::test {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  /// Uniform enough in [low, high].
  int between(int low, int high) {
    return low + static_cast<int>(engine_() % (static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 engine_;
};

/// What layers of random models draw: formats, clamps, multipliers, extremes among them.
class LayerDraws : public Random {
 public:
  LayerDraws(uint64_t seed, bool first_kinds) : Random(seed), first_kinds_(first_kinds) {}

  quant::ActivationFormat format() {
    quant::ActivationFormat format;
    format.bits = chance(20) ? 4 : 8;
    if (!first_kinds_ && chance(25)) format.bits = between(1, contract::kMaxValueBits);
    format.type = contract::activation_type(chance(40), format.bits);
    format.scale = static_cast<float>(real(0.001, 1));
    if (format.bits <= 8 && chance(25)) {
      format.zero_point =
          between(contract::lowest(format.type, format.bits), contract::highest(format.type, format.bits));
    }
    return format;
  }
  quant::Clamp clamp() {
    if (chance(60)) return {};
    return {between(-20, 3), between(5, 120)};
  }
  contract::Requantization scale(double typical) {
    if (chance(3)) return {65535, 1, {}};
    if (chance(3)) return {65535, contract::kMaxShift, {}};
    if (chance(3)) return {32768, static_cast<uint8_t>(between(1, contract::kMaxShift)), {}};
    return quant::requantization_for(real(20, 300) / std::max(typical, 1.0));
  }
  /// A multiplier of 31 bits or fewer and a sign.
  contract::Requantization dyadic(double typical) {
    if (chance(3)) return {INT32_MAX, static_cast<uint8_t>(between(1, contract::kMaxDyadicShift)), {}};
    return quant::dyadic_for((chance(20) ? -1 : 1) * real(20, 300) / std::max(typical, 1.0), between(16, 31));
  }

 private:
  bool first_kinds_;  ///< 8 or 4 bits a value
};

}  // namespace flashcell::test
