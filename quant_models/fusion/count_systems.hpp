#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/models/fusion_detector.hpp"

namespace flashcell::quant {

/// One of the compared systems: a network on arrays whose converters have so many bits.
struct FusionSystem {
  const char* name;
  Fusion fusion;
  bool lqc;  ///< low-bit quantization with clipping
  int converter_bits;
  double cells, area, energy, map;  ///< as published; 0: not published
};

/// The published table (Ichikawa et al., IEICE Trans. Electronics 2024): MEA-FPN's area and energy are 1.
inline constexpr FusionSystem kFusionSystems[] = {
    {"FPN", Fusion::concat, false, 8, 131e6, 0.95, 0.99, 0.437},
    {"A-FPN", Fusion::attention, false, 8, 542e6, 1.65, 1.14, 0.495},
    {"MEA-FPN", Fusion::light, false, 8, 131e6, 1, 1, 0.475},
    {"REM-CiM", Fusion::light, true, 6, 131e6, 0.75, 0.75, 0.454},
};

/// One of them counted; area and energy over those of MEA-FPN.
struct SystemCount {
  const FusionSystem* system = nullptr;
  int64_t cells = 0;
  double area = 0, energy = 0;
};

/// All four at one size; `size.fusion` and `size.seed` do not matter. `most_rows`: of an array; 0: no limit.
std::vector<SystemCount> count_systems(const FusionDetectorOptions& size, int64_t most_rows = 0);

}  // namespace flashcell::quant
