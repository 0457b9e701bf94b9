#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "quant_models/data/detection_set.hpp"

namespace flashcell::quant {

/// What each cell of 8 x 8 pixels should predict, row by row.
struct CellTargets {
  std::vector<float> heat;    ///< 1 in the cell of an object's centre, falling off around it as a Gaussian; else 0
  std::vector<float> weight;  ///< of the cell's box and class in the loss: an object's cells share its weight; else 0
  std::vector<float> boxes;   ///< left, top, right, bottom in pixels: 4 numbers for each cell
  std::vector<int64_t> classes;
  float objects = 0;  ///< how many
};

/// Objects in pixels of the network's input. The heat is as in Zhou et al., Objects as Points (2019), with a deviation
/// of a twelfth of the box's sides; box and class are learned by the cells within a tenth of the sides (at least
/// the centre's own) of the centre. Where objects share a cell the smaller one has it. `class_weights`: one for each
/// class.
CellTargets make_cell_targets(const std::vector<MarkedObject>& objects, int cell_rows, int cell_columns,
                              std::span<const float> class_weights);

}  // namespace flashcell::quant
