#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/raster.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Ends the launch for who reads the parts.
template <class S, class Parts>
void stop_parts(Parts& parts) {
  Part<S> stop = Part<S>();
  stop.stop = true;
  parts.write(stop);
}

/// `cell` mode: every cell is one part.
template <class S, class Windows, class Parts>
void split_whole(const Job& job, Windows& windows, Parts& parts) {
  const uint64_t cells = static_cast<uint64_t>(job.passes) * job.rows * job.columns;
  Raster at;
  FLASHCELL_LOOP(split, 1, 4)
  for (uint64_t i = 0; i < cells; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(split);
    Part<S> part;
    part.window = windows.read();
    part.pixels = part.window.planes[0];
    part.column = at.column;
    part.row = at.row;
    part.occupied = popcount(part.pixels) >= job.min_cell_pixels;
    part.last = true;
    part.stop = false;
    parts.write(part);
    at.step(job.columns, job.rows, job.classes);
  }
  stop_parts<S>(parts);
}

/// Exact modes: a cell's connected parts, one after the other in the order of their lowest pixels. A part grows from
/// its lowest pixel, each iteration along whole rows, columns and round corners. Every iteration adds a pixel to a part
/// or is a part's last: 64 a cell at most, 1 or 2 for an ordinary one.
template <class S, class Windows, class Parts>
void split_parts(const Job& job, Windows& windows, Parts& parts) {
  const uint64_t cells = static_cast<uint64_t>(job.passes) * job.rows * job.columns;
  const bool eight = job.connectivity != contract::Connectivity::exact4;
  Raster at;
  Part<S> part = Part<S>();
  uint64_t rest = 0;
  bool open = false;  // a cell has parts left
  FLASHCELL_LOOP(split, 2, 6)
  for (uint64_t done = 0; done < cells;) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 262144)
    FLASHCELL_HLS(PIPELINE II = 2)
    FLASHCELL_ITERATION(split);
    if (!open) {
      part.window = windows.read();
      part.column = at.column;
      part.row = at.row;
      rest = part.window.planes[0];
      part.pixels = lowest_bit(rest);
      open = true;
    }
    const uint64_t grown = grow(part.pixels, rest, eight);
    const bool complete = grown == part.pixels || grown == rest;
    part.pixels = grown;
    if (!complete) continue;
    rest &= ~grown;
    open = rest != 0;
    part.occupied = grown != 0;
    part.last = !open;
    parts.write(part);
    part.pixels = lowest_bit(rest);
    if (open) continue;
    at.step(job.columns, job.rows, job.classes);
    ++done;
  }
  stop_parts<S>(parts);
}

}  // namespace kernels
}  // namespace flashcell
