#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/models/detection.hpp"

namespace flashcell::quant {

/// A one-stage detector with one prediction for each cell of 8 x 8 pixels: 1 x channels x rows x columns (pixel / 255)
/// -> 1 x (5 + classes) x rows/8 x columns/8. Batch normalization and ReLU behind every convolution but the last.
/// Maps of 1/4 to 1/32 of the input's size; the coarse ones are enlarged and added back (Lin et al., Feature Pyramid
/// Networks, 2017), so that a cell sees some 220 pixels around it. 38 million multiply-accumulates at 512 x 512 grey.
/// rows and columns are multiples of 32. Throws std::invalid_argument. Weights are random by `seed`.
Graph make_cell_detector(int channels, int rows, int columns, int classes, uint64_t seed);

/// Channels of a cell's prediction.
enum CellChannel : int {
  kObjectness,    ///< logit that the cell lies in the middle of an object
  kCentreColumn,  ///< the box's centre minus the cell's, in cells
  kCentreRow,
  kLogWidth,  ///< ln(width / kReferenceSize)
  kLogHeight,
  kFirstClass,  ///< logits of the classes from here on
};

inline constexpr int kCellSize = 8;          ///< pixels
inline constexpr float kReferenceSize = 64;  ///< pixels

/// Boxes from one image's predictions, strongest first, weaker ones that overlap them removed; ties go to the earlier
/// cell. The score is the sigmoid of the objectness times the softmax of the class. Throws std::invalid_argument when
/// the sizes do not fit.
std::vector<Detection> decode_cells(std::span<const float> prediction, int classes, int cell_rows, int cell_columns,
                                    const DecodeOptions& options = {});

}  // namespace flashcell::quant
