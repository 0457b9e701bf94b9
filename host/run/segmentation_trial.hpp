#pragma once
#include <functional>
#include <vector>

#include "host/config/config.hpp"
#include "host/label/bit_image.hpp"
#include "host/run/observer.hpp"
#include "pipeline/object_table.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// A frame, its foreground (one mask a colour class, else one), the objects in it, and those that the area limits leave
/// out.
struct TrialPicture {
  const Frame& frame;
  const std::vector<BitImage>& masks;
  const ObjectTable& table;
  const std::vector<contract::ObjectRecord>& left_out;
};
using TrialVisit = std::function<void(const TrialPicture& picture)>;

/// Segments and labels what a configuration says, and shows `pictures` of the first 2000 frames at most, spread over
/// them. Frames are taken in order from the start, because a running background needs that; those that it learns from
/// are not shown. Throws Error(Fault::usage) where the configuration does not fit, and what the source throws.
void try_segmentation(FrameSource& source, const Config& config, int pictures, RunObserver& observer,
                      const TrialVisit& visit);

}  // namespace flashcell::host
