#pragma once
#include <vector>

#include "quant_models/execute/executor.hpp"
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
  StepFactory make_step = layer_step;
  int threads = 1;
};

/// What the network (fusion_detector.hpp) finds in the test examples, in their order, those that were to be found
/// beside it. Each thread has a network of its own: `make_step` must be callable from several threads and give the same
/// steps to all. A step that draws numbers for each read sees the examples of its thread alone: take one thread for it.
std::vector<DetectedPicture> detect_all(const Graph& graph, const FusionSet& set, const FusionRun& run);

FusionAccuracy accuracy_of(const std::vector<DetectedPicture>& pictures, const FusionSet& set);

}  // namespace flashcell::quant
