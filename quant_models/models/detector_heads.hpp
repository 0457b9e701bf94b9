#pragma once
#include <span>
#include <string>
#include <vector>

#include "quant_models/models/detection.hpp"

// What other people's detectors give, before sigmoid and softmax (remove_output_tail()), and the boxes it stands for.
namespace flashcell::quant {

/// One output of a detector for one image. Only its name and shape say whose it is.
struct DetectorHead {
  std::string name;  ///< the output's
  int rows = 0, columns = 0, channels = 0;
  std::span<const float> values;  ///< rows x columns x channels, channels fastest, as the engine stores them
};

/// Throws std::invalid_argument where a head does not hold rows x columns x channels values.
void check_values(std::span<const DetectorHead> heads);

/// FastestDet (github.com/dog-qiuqiu/FastestDet): heads of 1 channel (objectness), 4 (box) and C (classes; not 1 or 4)
/// on one grid. Input: pixel / 255, B, G, R.
bool is_fastestdet(std::span<const DetectorHead> heads);

/// The head of these with a channel for each class. Throws std::invalid_argument for other heads.
const DetectorHead& fastestdet_classes(std::span<const DetectorHead> heads);

/// Boxes in pixels of an input of `input_rows` x `input_columns`, strongest first; score = objectness^0.6 class^0.4.
/// Throws std::invalid_argument for other heads, and for values that do not fit them.
std::vector<Detection> decode_fastestdet(std::span<const DetectorHead> heads, int input_rows, int input_columns,
                                         const DecodeOptions& options = {});

/// YuNet (Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023): heads cls_S, obj_S, bbox_S of 1, 1 and 4
/// channels for each step S of 8, 16, 32 pixels; others (landmarks kps_S) are passed over. Input: pixel, B, G, R.
bool is_yunet(std::span<const DetectorHead> heads);

/// Boxes of faces in the input's pixels, strongest first; score = sqrt(class * objectness). Cells count on from one
/// step's grid to the next. Throws std::invalid_argument for other heads, and for values that do not fit them.
std::vector<Detection> decode_yunet(std::span<const DetectorHead> heads, const DecodeOptions& options = {});

}  // namespace flashcell::quant
