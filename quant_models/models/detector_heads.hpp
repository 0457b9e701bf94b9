#pragma once
#include <span>
#include <string>
#include <vector>

#include "quant_models/models/cell_detector.hpp"

// What other people's detectors give, before sigmoid and softmax (remove_output_tail()), and the boxes it stands for.
namespace flashcell::quant {

/// One output of a detector for one image.
struct DetectorHead {
  std::string name;  ///< the output's
  int rows = 0, columns = 0, channels = 0;
  std::span<const float> values;  ///< rows x columns x channels, channels fastest, as the engine stores them
};

/// FastestDet (github.com/dog-qiuqiu/FastestDet): heads of 1 channel (objectness), 4 (box) and C (classes) on one grid.
/// Input: pixel / 255, B, G, R.
bool is_fastestdet(std::span<const DetectorHead> heads);

/// Boxes in pixels of an input of `input_rows` x `input_columns`, strongest first; score = objectness^0.6 class^0.4.
/// Throws std::invalid_argument for other heads.
std::vector<Detection> decode_fastestdet(std::span<const DetectorHead> heads, int input_rows, int input_columns,
                                         const DecodeOptions& options = {});

/// YuNet (Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023): heads cls_S, obj_S, bbox_S of 1, 1 and 4
/// channels for each step S of 8, 16, 32 pixels; others (landmarks kps_S) are passed over. Input: pixel, B, G, R.
bool is_yunet(std::span<const DetectorHead> heads);

/// Boxes of faces in the input's pixels, strongest first; score = sqrt(class * objectness).
/// Throws std::invalid_argument for other heads.
std::vector<Detection> decode_yunet(std::span<const DetectorHead> heads, const DecodeOptions& options = {});

}  // namespace flashcell::quant
