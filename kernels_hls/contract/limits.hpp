#pragma once
#include <stdint.h>

// Numbers that host and kernel share. C++14: Vitis HLS compiles this too.
namespace flashcell {
namespace contract {

/// Raised whenever a layout or a meaning in this folder changes. Host and kernel compare it before the first frame.
constexpr uint32_t kContractVersion = 3;

/// A cell is 8x8 pixels in one uint64_t: bit 8*r + c is the pixel in row r, column c of the cell.
constexpr int kCellSide = 8;
constexpr int kCellPixels = kCellSide * kCellSide;

constexpr int kMinFrameSide = 1;     ///< px; smaller sides than a cell are padded with background
constexpr int kMaxFrameSide = 4096;  ///< px, CPU devices; a kernel's own maximum is a compile-time constant of it

constexpr int kHlacCount = 25;
constexpr int kHueBins = 16;
constexpr int kReservedFeatures = 16;  ///< 32-bit places of an object that no feature has taken yet
constexpr int kMaxColourClasses = 8;
constexpr uint32_t kDefaultMaxObjects = 1024;

/// Number of cells that cover `pixels` pixels.
constexpr int cells_for(int pixels) {
  return (pixels + kCellSide - 1) / kCellSide;
}

}  // namespace contract
}  // namespace flashcell
