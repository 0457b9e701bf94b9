#pragma once
#include <stdint.h>

#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace contract {

/// One higher-order local autocorrelation pattern: the centre pixel and up to two neighbours, each a bit of
/// `neighbours`. Bit k is the neighbour at (kNeighbourDx[k], kNeighbourDy[k]).
struct HlacPattern {
  uint8_t order;       ///< 0, 1 or 2: number of neighbours
  uint8_t neighbours;  ///< bit set
};

/// Raster order: NW N NE W E SW S SE.
constexpr int kNeighbourDx[8] = {-1, 0, 1, -1, 1, -1, 0, 1};
constexpr int kNeighbourDy[8] = {-1, -1, -1, 0, 0, 1, 1, 1};

/// The 25 binary patterns of order 0, 1 and 2 in a 3x3 window, one for each class under translation (Otsu, Kurita
/// 1988). Of the patterns that are translations of each other the one with the numerically smallest neighbour bit set
/// stands here; sorted by order, then bit set. tests/kernels_hls derives the table by enumeration.
///
/// An object's value is the number of its foreground pixels (its occupied cells' in connectivity `cell`) whose
/// neighbours in the pattern are foreground too, *whichever object owns those neighbours*. Pixels outside the frame are
/// background.
constexpr HlacPattern kHlacPatterns[kHlacCount] = {
    {0, 0x00}, {1, 0x01}, {1, 0x02}, {1, 0x04}, {1, 0x08}, {2, 0x03}, {2, 0x05}, {2, 0x06}, {2, 0x09},
    {2, 0x0A}, {2, 0x0C}, {2, 0x11}, {2, 0x18}, {2, 0x21}, {2, 0x22}, {2, 0x24}, {2, 0x30}, {2, 0x41},
    {2, 0x42}, {2, 0x44}, {2, 0x81}, {2, 0x82}, {2, 0x84}, {2, 0x88}, {2, 0xA0},
};

}  // namespace contract
}  // namespace flashcell
