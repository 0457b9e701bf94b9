#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/region_shapes.hpp"
#include "tracking/region_map.hpp"

namespace flashcell::host {

// Which pixels are in a region. The centre of pixel (x, y) is the point (x, y), and a pixel is inside when its centre
// is: of polygons by the even-odd rule. A centre on an edge is inside when the region lies to its right or, on a level
// edge, below it; of a circle when it lies left of the middle. So regions that share an edge share no pixel. Regions
// may reach out of the frame.

/// Pixels that are inside any including region (all pixels, when there is none) and in no excluding one. Where it is
/// known how many objects are in a region, a line of one pixel parts regions that touch, so that no object is in two.
BitImage rasterize_regions(const std::vector<SegmentRegion>& regions, int width, int height);

/// The first including region that holds each pixel, whatever is cut out of it; null where no region includes.
std::shared_ptr<const tracking::RegionMap> make_region_map(const std::vector<SegmentRegion>& regions, int width,
                                                           int height);

/// Names of the including regions that hold no pixel of such a frame.
std::vector<std::string> empty_regions(const std::vector<SegmentRegion>& regions, int width, int height);

}  // namespace flashcell::host
