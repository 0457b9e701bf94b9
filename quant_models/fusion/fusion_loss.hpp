#pragma once
#include <ATen/ATen.h>

namespace flashcell::quant {

/// What anchors are to learn, anchors of a place x places: classes N x A x L (AnchorTarget's, background and ignored
/// below 0), boxes N x A x 4 x L (box_numbers(); used where there is a class).
struct FusionTargets {
  at::Tensor classes, boxes;
};

/// RetinaNet's loss of a fusion detector's output, N x A (classes + 4) x L: focal loss of the classes (alpha 0.25,
/// gamma 2) of all anchors that are not ignored, plus the smooth absolute error (quadratic below 1/9) of the boxes,
/// each summed and divided by the anchors that have an object, at least 1. Source: Lin et al., Focal Loss for Dense
/// Object Detection, 2017, sections 3 and 4.
at::Tensor fusion_loss(const at::Tensor& output, const FusionTargets& targets, int64_t classes);

}  // namespace flashcell::quant
