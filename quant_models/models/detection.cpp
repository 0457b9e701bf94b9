#include "quant_models/models/detection.hpp"

#include <algorithm>

namespace flashcell::quant {

std::vector<Detection> suppress_overlaps(std::vector<Detection> detections, const DecodeOptions& options) {
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::vector<Detection> kept;
  for (const Detection& d : detections) {
    if (kept.size() == options.most) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Detection& k) {
      return (options.across_classes || k.object_class == d.object_class) &&
             intersection_over_union(k.box, d.box) > options.most_overlap;
    });
    if (!covered) kept.push_back(d);
  }
  return kept;
}

}  // namespace flashcell::quant
