#pragma once
#include <vector>

#include "quant_models/data/detection_set.hpp"

namespace flashcell::quant {

/// A box that a detector found.
struct Detection {
  Box box;
  int object_class = 0;
  float score = 0;  ///< 0..1
  int cell = 0;     ///< the prediction it comes from: row * columns + column of its grid
};

struct DecodeOptions {
  float least_score = 0.05F;
  float most_overlap = 0.45F;   ///< intersection over union of two boxes of one class; the weaker one goes
  size_t most = 500;            ///< detections kept
  bool across_classes = false;  ///< ... or of any two classes: nothing is two things at once
};

/// Non-maximum suppression; strongest first, ties in the order given.
std::vector<Detection> suppress_overlaps(std::vector<Detection> detections, const DecodeOptions& options);

}  // namespace flashcell::quant
