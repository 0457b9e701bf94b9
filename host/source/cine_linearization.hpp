#pragma once
#include <array>
#include <cstdint>

namespace flashcell::host {

/// 10-bit packed .cine frames hold gamma-coded samples: this maps each code to its linear 12-bit value (black 64, white
/// 4064). Values: Vision Research, "Cine File Format", conversion of packed 10-bit to 12-bit pixels.
extern const std::array<uint16_t, 1024> kCineLinearization;

}  // namespace flashcell::host
