#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Line buffers of two rows of cells: all that is stored of the frame.
template <class S>
struct WindowState {
  uint64_t upper[S::kColumns];   ///< row - 2
  uint64_t middle[S::kColumns];  ///< row - 1
};

/// Pack and halo: cells in raster order in, each with its eight neighbours out, one row and one cell later.
template <class S>
void window_stage(const Job& job, hls::stream<uint64_t>& cells, WindowState<S>& state,
                  hls::stream<CellWindow>& windows) {
  for (int row = 0; row <= job.rows; ++row) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns + 1)
    uint64_t window[3][3] = {};  // [row][column], the newest column last
    FLASHCELL_HLS(ARRAY_PARTITION variable = window complete dim = 0)
    for (int column = 0; column <= job.columns; ++column) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns + 1)
      FLASHCELL_HLS(PIPELINE II = 1)
      for (int i = 0; i < 3; ++i) {
        FLASHCELL_HLS(UNROLL)
        window[i][0] = window[i][1];
        window[i][1] = window[i][2];
        window[i][2] = 0;
      }
      if (column < job.columns) {
        window[0][2] = row >= 2 ? state.upper[column] : 0;
        window[1][2] = row >= 1 ? state.middle[column] : 0;
        window[2][2] = row < job.rows ? cells.read() : 0;
        state.upper[column] = window[1][2];
        state.middle[column] = window[2][2];
      }
      if (row == 0 || column == 0) continue;
      const CellWindow out = {window[1][1],
                              {window[0][0], window[0][1], window[0][2], window[1][0], window[1][2], window[2][0],
                               window[2][1], window[2][2]}};
      windows.write(out);
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
