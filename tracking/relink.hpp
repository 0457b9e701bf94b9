#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/tracker.hpp"
#include "tracking/tracklet.hpp"

namespace flashcell::tracking {

/// Says which tracklets are the same object, once all are known and it is known how many objects there are: chains of
/// tracklets that follow each other in time, of which `parameters.count` are chosen so that they explain most of what
/// was seen at the least cost (disjoint_paths()). What a link costs: the distance, by how fast these objects move;
/// size; looks. A tracklet of many sightings is taken whatever its links cost, because the object must have been one of
/// those; one of few only where it fits.
///
/// With `parameters.regions` each region has chains of its own, by its own count; in a region without one, every
/// tracklet stays what it is. What was never in a region is left out.
///
/// Returns each tracklet's name, by its number. Ids rise with the regions, then with the chains' first frames.
/// `confidence` of a chain's first tracklet is 1; after a link it says how much better the chosen one was than to
/// change places with another object that was lost at that time: 0.5 where both are alike, 1 where nothing else could
/// have been.
std::vector<TrackName> relink(std::span<const Tracklet> tracklets, const TrackerParameters& parameters);

}  // namespace flashcell::tracking
