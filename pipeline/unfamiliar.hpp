#pragma once
#include <string>

#include "base/calibration.hpp"
#include "tracking/recognition.hpp"

namespace flashcell {

/// Whether so many of the sightings are strange to the classifier that named them that they cannot be of the kind that
/// it learned from: four times the share that is expected, and three standard deviations more, as few objects are
/// worth no more than that. False where the classifier was never calibrated or nothing was named.
bool is_unfamiliar(const tracking::NamedSightings& named, const Calibration& named_by);

/// That, for people.
std::string unfamiliar_text(const tracking::NamedSightings& named);

}  // namespace flashcell
