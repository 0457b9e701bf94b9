#pragma once
#include <cstdint>

#include "host/label/bit_image.hpp"

namespace flashcell::host {

/// Clears what is set in `mask` and not in `region`, of the same size. Returns how many pixels that was.
uint64_t keep_inside(const BitImage& region, BitImage& mask);

}  // namespace flashcell::host
