#pragma once
#include <cstdint>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Names one cropped object: 1 x 1 x 28 x 28 grey (pixel / 255) -> 1 x classes scores. Three convolutions, each behind
/// it batch normalization and ReLU, and a fully connected layer; sized so that weights and buffers fit the smallest
/// on-chip memories (0.24 million multiply-accumulates a crop). Weights are random by `seed`
/// (He et al., Delving Deep into Rectifiers, 2015).
Graph make_roi_classifier(int classes, uint64_t seed);

}  // namespace flashcell::quant
