#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/segment/choice/trial.hpp"

namespace flashcell::host {

/// The nearest object of like size in the next frame, where each is the other's nearest: an index into `to`, or -1.
std::vector<int32_t> link_objects(std::span<const TrialObject> from, std::span<const TrialObject> to);

/// Turned over left to right: what is found there is found by chance.
std::vector<TrialObject> mirrored(std::vector<TrialObject> objects, int width);

/// Tells what stays: objects that have their like in the same place in nearly all of the frames `places`, and what is
/// there for one stretch of them. With fewer than four places nothing is known to stay.
void find_fixed(std::span<const int> places, std::vector<TrialFrame>& trial);

}  // namespace flashcell::host
