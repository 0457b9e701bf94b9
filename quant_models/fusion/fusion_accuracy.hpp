#pragma once
#include <vector>

#include "quant_models/cim/array_network.hpp"
#include "quant_models/fusion/fusion_set.hpp"
#include "quant_models/models/fusion_boxes.hpp"
#include "quant_models/train/average_precision.hpp"

namespace flashcell::quant {

/// Mean average precision over the classes, 0 to 1: at an overlap of 0.5, and the mean over overlaps of 0.5, 0.55, ...,
/// 0.95, as COCO has it (Lin et al., Microsoft COCO, 2014; the area under the curve is PASCAL VOC's, see
/// train/average_precision.hpp).
struct MeanPrecision {
  double at_half = 0, coco = 0;
};

/// By the light of the scenes; -1 where there are none.
struct FusionAccuracy {
  MeanPrecision all, day, night;
};

/// How a network is run and what its output means.
struct FusionRun {
  FusionView view = {};
  AnchorOptions anchors = {};
  cim::PreparedLayers arrays = {};  ///< where not empty: what the network's matrices lie in
  int threads = 1;
};

/// What the network (fusion_detector.hpp) finds in the test examples, in their order, those that were to be found
/// beside it: the same for any number of threads. On arrays example i has the noise of item i.
std::vector<DetectedPicture> detect_all(const Graph& graph, const FusionSet& set, const FusionRun& run);

FusionAccuracy accuracy_of(const std::vector<DetectedPicture>& pictures, const FusionSet& set);

}  // namespace flashcell::quant
