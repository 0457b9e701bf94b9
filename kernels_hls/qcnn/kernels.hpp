#pragma once
#include <stdint.h>

#include "kernels_hls/common/hls.hpp"

// The top functions, one a build (contract/qcnn_kernel.hpp says what the arguments hold).

// Co-simulation copies so many words of each port: all that the testbench's buffers hold.
#define FLASHCELL_QCNN_COSIM_MODEL_WORDS 4096
#define FLASHCELL_QCNN_COSIM_INPUT_WORDS 256
#define FLASHCELL_QCNN_COSIM_OUTPUT_WORDS 64

#define FLASHCELL_QCNN_INTERFACE                                                                                \
  FLASHCELL_HLS(INTERFACE m_axi port = model bundle = gmem_model depth = FLASHCELL_QCNN_COSIM_MODEL_WORDS)      \
  FLASHCELL_HLS(INTERFACE m_axi port = inputs bundle = gmem_inputs depth = FLASHCELL_QCNN_COSIM_INPUT_WORDS)    \
  FLASHCELL_HLS(INTERFACE m_axi port = outputs bundle = gmem_outputs depth = FLASHCELL_QCNN_COSIM_OUTPUT_WORDS) \
  FLASHCELL_HLS(INTERFACE s_axilite port = items bundle = control)                                              \
  FLASHCELL_HLS(INTERFACE s_axilite port = sequence bundle = control)                                           \
  FLASHCELL_HLS(INTERFACE s_axilite port = return bundle = control)

extern "C" {
void qcnn_small_v2(const ap_uint<512>* model, const ap_uint<512>* inputs, ap_uint<512>* outputs, uint32_t items,
                   uint32_t sequence);
void qcnn_large_v2(const ap_uint<512>* model, const ap_uint<512>* inputs, ap_uint<512>* outputs, uint32_t items,
                   uint32_t sequence);
}
