#include "kernels_hls/qcnn/kernels.hpp"
#include "kernels_hls/qcnn/qcnn.hpp"

void qcnn_large_v2(const ap_uint<512>* model, const ap_uint<512>* inputs, ap_uint<512>* outputs, uint32_t items,
                   uint32_t sequence) {
  FLASHCELL_QCNN_INTERFACE
  flashcell::kernels::qcnn<flashcell::kernels::QcnnSizes<1>>(model, inputs, outputs, items, sequence);
}
