#pragma once
#include "kernels_hls/cell_label/kernels.hpp"

// All top functions, for hosts that link them all. Not for the kernels' own sources and testbenches: a tool builds one
// top function alone, and the table names the others.
namespace flashcell {
namespace kernels {

/// The top function of each of contract::kCellLabelBuilds, in that order.
constexpr CellLabelKernel kCellLabelKernels[contract::kCellLabelBuildCount] = {
    cell_label_cell_shape_512_v3,   cell_label_cell_full_512_v3,   cell_label_cell_shape_1024_v3,
    cell_label_cell_full_1024_v3,   cell_label_exact_shape_512_v3, cell_label_exact_full_512_v3,
    cell_label_exact_shape_1024_v3, cell_label_exact_full_1024_v3,
};

/// A build's top function; nullptr gives nullptr.
inline CellLabelKernel top_function(const contract::KernelBuild* build) {
  return build == nullptr ? nullptr : kCellLabelKernels[build - contract::kCellLabelBuilds];
}

}  // namespace kernels
}  // namespace flashcell
