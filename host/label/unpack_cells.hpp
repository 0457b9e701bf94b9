#pragma once
#include <cstdint>
#include <span>

#include "host/label/bit_image.hpp"

namespace flashcell::host {

/// Makes `image`, which has its size, the foreground that `cells` are (Frame::cells, of a picture of that size).
void unpack_cells(std::span<const uint64_t> cells, BitImage& image);

/// The other way round: into cells_for(width) * cells_for(height) cells.
void pack_cells(const BitImage& image, std::span<uint64_t> cells);

}  // namespace flashcell::host
