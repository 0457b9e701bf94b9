#pragma once
#include <array>
#include <span>
#include <vector>

#include "quant_models/models/detection.hpp"

// What the output of a fusion detector (fusion_detector.hpp) means: RetinaNet's anchors and boxes relative to them
// (Lin et al., Focal Loss for Dense Object Detection, 2017, section 4).
namespace flashcell::quant {

/// The boxes that stand at each place of each level, P3 to P7: of one area a level, in several shapes.
struct AnchorOptions {
  float side = 4;                            ///< of a square one, in the level's steps of 8 to 128 pixels
  std::vector<float> ratios = {0.5F, 1, 2};  ///< height over width
};

/// Anchors of an input of rows x columns pixels (multiples of 32), those of ratio 0 first: for each all places in the
/// order of the network's output.
std::vector<Box> make_anchors(int rows, int columns, const AnchorOptions& options);

/// A box as the network says it: its centre's distance from the anchor's in the anchor's sides, and the logarithms of
/// its sides over the anchor's.
std::array<float, 4> box_numbers(const Box& box, const Box& anchor);
Box box_of(std::span<const float, 4> numbers, const Box& anchor);

/// Detections, strongest first, of a network's output for one image: (anchors of a place) * (classes + 4) rows of one
/// number for each place. Of boxes that overlap the weaker one goes. Throws std::invalid_argument where sizes do not
/// fit.
std::vector<Detection> decode_fusion(std::span<const float> output, std::span<const Box> anchors, int classes,
                                     const AnchorOptions& options, const DecodeOptions& decode = {});

/// What an anchor is to learn.
struct AnchorTarget {
  int object_class = kBackground;
  Box box;  ///< of its object

  static constexpr int kBackground = -1, kIgnored = -2;
};

/// The object that overlaps an anchor most is the anchor's from an intersection over union of 0.5 on; below 0.4 it is
/// background, between the two it is ignored. Besides, each object has the anchor that overlaps it most (the first of
/// equal ones). Objects that are marked as difficult make background of nothing and are learned by nothing.
std::vector<AnchorTarget> assign_anchors(std::span<const Box> anchors, std::span<const MarkedObject> objects);

}  // namespace flashcell::quant
