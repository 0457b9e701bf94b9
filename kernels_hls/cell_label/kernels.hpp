#pragma once

#include "kernels_hls/cell_label/words.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

// The kernels as a board has them: one top function for each of contract::kCellLabelBuilds, in a source file of its own
// name. Arguments are those of contract::kCellLabelArguments.
#define FLASHCELL_KERNEL(name)                                                                     \
  void name(const ap_uint<512>* frames, const ap_uint<512>* masks, const ap_uint<512>* parameters, \
            ap_uint<512>* results, uint32_t frame_count, uint32_t sequence)

extern "C" {
FLASHCELL_KERNEL(cell_label_cell_shape_512_v3);
FLASHCELL_KERNEL(cell_label_cell_full_512_v3);
FLASHCELL_KERNEL(cell_label_cell_shape_1024_v3);
FLASHCELL_KERNEL(cell_label_cell_full_1024_v3);
FLASHCELL_KERNEL(cell_label_exact_shape_512_v3);
FLASHCELL_KERNEL(cell_label_exact_full_512_v3);
FLASHCELL_KERNEL(cell_label_exact_shape_1024_v3);
FLASHCELL_KERNEL(cell_label_exact_full_1024_v3);
}

// Co-simulation copies so many words of each port: all that the testbench's buffers hold (testbench.hpp).
#define FLASHCELL_COSIM_PIXEL_WORDS 128
#define FLASHCELL_COSIM_PARAMETER_WORDS 513
#define FLASHCELL_COSIM_RESULT_WORDS 8194

// Words are asked for one by one, a row after a row: so many requests under way hide the memory's latency even where
// the tool makes no longer bursts of them.
#define FLASHCELL_READ_OUTSTANDING 64
#define FLASHCELL_READ_BURST 8
#define FLASHCELL_READ_PORT \
  latency = 64 num_read_outstanding = FLASHCELL_READ_OUTSTANDING max_read_burst_length = FLASHCELL_READ_BURST

// Ports and registers of a top function.
#define FLASHCELL_KERNEL_INTERFACE                                                                       \
  FLASHCELL_HLS(INTERFACE mode = m_axi port = frames bundle = gmem_frames offset = slave depth =         \
                    FLASHCELL_COSIM_PIXEL_WORDS FLASHCELL_READ_PORT)                                     \
  FLASHCELL_HLS(INTERFACE mode = m_axi port = masks bundle = gmem_masks offset = slave depth =           \
                    FLASHCELL_COSIM_PIXEL_WORDS FLASHCELL_READ_PORT)                                     \
  FLASHCELL_HLS(INTERFACE mode = m_axi port = parameters bundle = gmem_parameters offset = slave depth = \
                    FLASHCELL_COSIM_PARAMETER_WORDS)                                                     \
  FLASHCELL_HLS(INTERFACE mode = m_axi port = results bundle = gmem_results offset = slave depth =       \
                    FLASHCELL_COSIM_RESULT_WORDS)                                                        \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = frame_count)                                           \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = sequence)                                              \
  FLASHCELL_HLS(INTERFACE mode = s_axilite port = return )                                               \
  FLASHCELL_HLS(INTERFACE mode = ap_ctrl_chain port = return )

namespace flashcell {
namespace kernels {

using CellLabelKernel = void (*)(const ap_uint<512>*, const ap_uint<512>*, const ap_uint<512>*, ap_uint<512>*, uint32_t,
                                 uint32_t);

}  // namespace kernels
}  // namespace flashcell
