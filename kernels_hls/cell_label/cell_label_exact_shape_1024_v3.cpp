#include "kernels_hls/cell_label/kernels.hpp"

#include "kernels_hls/cell_label/cell_label.hpp"

void cell_label_exact_shape_1024_v3(const ap_uint<512>* frames, const ap_uint<512>* masks,
                                    const ap_uint<512>* parameters, ap_uint<512>* results, uint32_t frame_count,
                                    uint32_t sequence) {
  FLASHCELL_KERNEL_INTERFACE
  using namespace flashcell;
  kernels::cell_label<kernels::Sizes<1024, true, contract::kShapeFeatures>>(frames, masks, parameters, results,
                                                                            frame_count, sequence);
}
