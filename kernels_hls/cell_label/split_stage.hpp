#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Local components: each cell's objects, one token each, to the stage that measures and to the one that labels.
/// `foreground` counts the frame's foreground pixels.
template <class S>
void split_stage(const Job& job, hls::stream<CellWindow>& windows, hls::stream<CellWindow>& windows_to_measure,
                 hls::stream<Component>& to_measure, hls::stream<Component>& to_join, uint32_t& foreground) {
  foreground = 0;
  const bool eight = job.connectivity != contract::Connectivity::exact4;
  for (int cell = 0; cell < job.rows * job.columns; ++cell) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns * S::kColumns)
    const CellWindow window = windows.read();
    windows_to_measure.write(window);
    const int count = popcount(window.centre);
    foreground += static_cast<uint32_t>(count);
    uint64_t rest = window.centre;
    const bool whole = !S::kSplits || job.connectivity == contract::Connectivity::cell;
    if (whole && count < job.min_cell_pixels) rest = 0;
    for (int i = 0; i < S::kComponents; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kComponents)
      const uint64_t pixels = whole ? rest : first_component(rest, eight);
      rest &= ~pixels;
      const Component component = {pixels, whole && pixels != 0 ? ~uint64_t{0} : pixels, rest == 0};
      to_measure.write(component);
      to_join.write(component);
      if (rest == 0) break;
    }
  }
}

}  // namespace kernels
}  // namespace flashcell
