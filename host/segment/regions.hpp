#pragma once
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/segmenter.hpp"

namespace flashcell::host {

/// Pixels that are inside any including polygon (all pixels, when there is none) and in no excluding one. The centre of
/// pixel (x, y) is the point (x, y). Even-odd rule; a centre on an edge is inside when the polygon lies to its right or
/// below it, so that polygons that share an edge share no pixel. Polygons close themselves and may reach out of the
/// frame.
BitImage rasterize_regions(const std::vector<Polygon>& regions, int width, int height);

}  // namespace flashcell::host
