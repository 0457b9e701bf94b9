#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "tracking/metrics/sequence.hpp"

// Whether ground truth and tracks count their px from different origins, as a corner of the picture and of a part that
// was cut out of it.
namespace flashcell::tracking {

struct ConstantShift {
  double x = 0, y = 0;  ///< px; added to the ground truth, it lies on the tracks
  double spread = 0;    ///< px; so near to that, or nearer, are half of the pairs
  int64_t pairs = 0;    ///< of an object and a track's that it fits
};

/// The shift by points that most objects have to a track's object of their frame, however far; nothing where it is less
/// than 1 px or a tenth of `scale` (px: how far apart two places still are the same, above 0), where it does not hold
/// for most objects, or only about, or for places too near each other to tell it from one object's being off.
std::optional<ConstantShift> constant_shift(std::span<const LabelledObject> truth,
                                            std::span<const LabelledObject> tracks, double scale);

}  // namespace flashcell::tracking
