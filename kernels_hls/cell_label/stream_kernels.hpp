#pragma once
#include "kernels_hls/cell_label/cell_label_stream.hpp"

// The streaming kernels' top functions, one a source file of its own name. frame_count and sequence are registers.
extern "C" {
void cell_label_stream_cell_shape_512_v3(hls::stream<flashcell::kernels::Beat>& input,
                                         hls::stream<flashcell::kernels::Beat>& output, uint32_t frame_count,
                                         uint32_t sequence);
void cell_label_stream_exact_shape_512_v3(hls::stream<flashcell::kernels::Beat>& input,
                                          hls::stream<flashcell::kernels::Beat>& output, uint32_t frame_count,
                                          uint32_t sequence);
}

#define FLASHCELL_STREAM_INTERFACE                             \
  FLASHCELL_HLS(INTERFACE mode = axis port = input)            \
  FLASHCELL_HLS(INTERFACE mode = axis port = output)           \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = frame_count) \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = sequence)    \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = return )     \
  FLASHCELL_HLS(INTERFACE mode = ap_ctrl_chain port = return )
