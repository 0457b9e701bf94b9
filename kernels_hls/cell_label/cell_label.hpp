#pragma once
#include "kernels_hls/cell_label/emit_stage.hpp"
#include "kernels_hls/cell_label/gather_stage.hpp"
#include "kernels_hls/cell_label/join_stage.hpp"
#include "kernels_hls/cell_label/measure_stage.hpp"
#include "kernels_hls/cell_label/split_stage.hpp"
#include "kernels_hls/cell_label/window_stage.hpp"

namespace flashcell {
namespace kernels {

/// All that the kernel stores between cells. The caller owns it: static in a bitstream, on the heap of a CPU build.
template <class S>
struct CellLabelState {
  WindowState<S> window;
  JoinState<S> join;
  GatherState<S> gather;
};

/// The streams between the stages; their depths are for the hardware build to set.
template <class S>
struct CellLabelStreams {
  hls::stream<CellWindow> windows, windows_to_measure;
  hls::stream<Component> to_measure, to_join;
  hls::stream<Features<S>> measured, complete;
  hls::stream<Command<S>> commands;
  hls::stream<bool> more;
};

/// What contract::FrameSummary takes from the kernel.
struct CellLabelCounts {
  uint32_t foreground;  ///< pixels
  uint32_t filtered;    ///< objects
};

/// Connected components of one frame with their features. `cells` has the frame's cells in raster order, `pixels` each
/// cell's pixels where job.features has hue or intensity (else nothing). Objects come in the order in which they are
/// complete, all of them, then a word with `last`. The frame must fit S; a build without kSplit knows connectivity
/// `cell` only.
template <class S>
void cell_label(const Job& job, hls::stream<uint64_t>& cells, hls::stream<CellPixels>& pixels, CellLabelState<S>& state,
                CellLabelStreams<S>& streams, hls::stream<ObjectWord>& objects, CellLabelCounts& counts) {
  FLASHCELL_HLS(DATAFLOW)
  window_stage(job, cells, state.window, streams.windows);
  split_stage<S>(job, streams.windows, streams.windows_to_measure, streams.to_measure, streams.to_join,
                 counts.foreground);
  measure_stage(job, streams.windows_to_measure, streams.to_measure, pixels, streams.measured);
  JoinStage<S>(state.join, streams.commands).run(job, streams.to_join);
  gather_stage(streams.commands, streams.measured, state.gather, streams.complete, streams.more);
  emit_stage(job, streams.complete, streams.more, objects, counts.filtered);
}

/// The job of contract::LabelParameters.
inline Job make_job(const contract::LabelParameters& p) {
  Job job;
  job.width = static_cast<uint16_t>(p.width);
  job.height = static_cast<uint16_t>(p.height);
  job.columns = static_cast<uint16_t>(contract::cells_for(job.width));
  job.rows = static_cast<uint16_t>(contract::cells_for(job.height));
  job.connectivity = p.connectivity;
  job.features = p.features;
  job.min_cell_pixels = p.min_cell_pixels;
  job.saturation_floor = p.saturation_floor;
  job.value_floor = p.value_floor;
  job.min_area = p.min_area;
  job.max_area = p.max_area;
  return job;
}

}  // namespace kernels
}  // namespace flashcell
