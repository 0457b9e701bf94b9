#include "kernels_hls/cell_label/stream_kernels.hpp"

void cell_label_stream_cell_shape_512_v3(hls::stream<flashcell::kernels::Beat>& input,
                                         hls::stream<flashcell::kernels::Beat>& output, uint32_t frame_count,
                                         uint32_t sequence) {
  FLASHCELL_STREAM_INTERFACE
  using namespace flashcell;
  kernels::cell_label_stream<kernels::Sizes<512, false, contract::kShapeFeatures>>(input, output, frame_count,
                                                                                   sequence);
}
