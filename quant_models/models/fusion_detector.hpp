#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/named_value.hpp"
#include "quant_models/graph/graph.hpp"
#include "quant_models/models/layer_stack.hpp"

// Detectors that look at a frame and at the events around it (Ichikawa et al., REM-CiM, IEICE Trans. Electronics 2024):
// two backbones of the shape of ResNet-50 (He et al., 2015), joined at C3 to C5, a feature pyramid with levels P3 to P7
// and RetinaNet's heads, which all levels share (Lin et al., Focal Loss for Dense Object Detection, 2017).
namespace flashcell::quant {

/// How the two backbones' maps of one level become one.
enum class Fusion {
  concat,      ///< FPN: side by side, 2 C channels
  attention,   ///< A-FPN: bi-directional calibration (BDC), C channels
  light,       ///< MEA-FPN: calibration without its large convolutions (C-BDC) but for the last one of C3, C channels
  rgb_only,    ///< no events: to compare with
  event_only,  ///< no frame
};

inline constexpr NamedValue<Fusion> kFusionNames[] = {{Fusion::concat, "fpn"},
                                                      {Fusion::attention, "a-fpn"},
                                                      {Fusion::light, "mea-fpn"},
                                                      {Fusion::rgb_only, "rgb"},
                                                      {Fusion::event_only, "events"}};

/// One detector. The defaults are the paper's size.
struct FusionDetectorOptions {
  Fusion fusion = Fusion::concat;
  int rows = 480, columns = 640;          ///< of both inputs; multiples of 32
  int rgb_channels = 3;                   ///< of input "rgb"
  int event_channels = 5;                 ///< of input "events", a voxel grid
  int width = 64;                         ///< of the stem; C2 to C5 have 4, 8, 16 and 32 times as many channels
  std::array<int, 4> blocks{3, 4, 6, 3};  ///< of each stage
  int pyramid_channels = 256;
  int head_depth = 4;  ///< convolutions before the last one, of each of the two heads
  int anchors = 3;     ///< boxes at each place
  int classes = 3;
  int reduction = 16;                ///< of the channel attention's hidden layer
  std::optional<uint64_t> seed = 1;  ///< of the weights; none: zeros, to count with
};

/// The network, with random weights by `seed`. Inputs "rgb" and "events", or the one that there is; output "boxes",
/// 1 x anchors (classes + 4) x places: the places of P3 row by row, then those of P4 to P7; for each anchors' logits of
/// the classes, anchor by anchor, then their boxes (fusion_boxes.hpp). Nodes are named after their module: "rgb.",
/// "events.", "fusion.", "pyramid." and "heads."; those behind '@' share weights (graph/shared_weights.hpp).
/// Throws std::invalid_argument for sizes that are not possible.
Graph make_fusion_detector(const FusionDetectorOptions& options);

/// Bi-directional calibration of a frame's and events' maps of one shape, 1 x C x H x W:
///   r0 = conv1x1(rgb), e0 = conv1x1(events), m = r0 * e0, r = r0 + m, e = e0 + m
///   r1 = r + r * CG(e), e1 = e + e * CG(r);  r2 = r1 + r1 * SG(e1), e2 = e1 + e1 * SG(r1)
///   r3 = relu(norm(conv3x3(r2))), e3 likewise;  relu(norm(conv3x3([r3 * e3, max(r3, e3)])))
/// with the gated features CG(x) = x * sigmoid(MLP(mean of x) + MLP(maximum of x)), over each channel, and
/// SG(x) = x * sigmoid(norm(conv7x7([maximum, mean over channels]))), one SG for both.
/// Without large convolutions r0 and e0 are what they are made of, r3 = relu(norm(r2)) and e3 likewise (products of
/// products without a normalization grow so that nothing is learned), and r3 * e3 + max(r3, e3) stands for the last
/// one, unless `last_convolution`.
struct CalibrationOptions {
  bool convolutions = true, last_convolution = true;
  int reduction = 16;
};
NodeId add_calibration(LayerStack& stack, const std::string& name, NodeId rgb, NodeId events,
                       const CalibrationOptions& options);

}  // namespace flashcell::quant
