#pragma once
#include <cstdint>

#include "tracking/metrics/sequence.hpp"

namespace flashcell::tracking {

/// An object of a frame, by its centroid alone.
inline LabelledObject at(int64_t frame, int64_t id, double x, double y) {
  LabelledObject object;
  object.frame = frame;
  object.id = id;
  object.x = x;
  object.y = y;
  return object;
}

}  // namespace flashcell::tracking
