#pragma once
#include <cstdint>

#include "pipeline/frame.hpp"

namespace flashcell::host {

/// Over some pixels of one row.
struct GreySums {
  uint32_t sum;       ///< of grey
  uint32_t weighted;  ///< of grey times the pixel's place among them, from 0
  uint32_t peak;
};

/// Of 1 <= `count` <= 64 pixels of `frame`, from (x, y) on.
GreySums grey_sums(const FrameView& frame, int x, int y, int count);

}  // namespace flashcell::host
