#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/raster.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// `cell` mode: a cell with enough pixels is one part. `foreground` gets each pass's number of foreground
/// pixels. A part without pixels ends the launch.
template <class S, class Windows, class Parts, class Shapes, class Counts>
void split_whole(const Job& job, Windows& windows, Parts& parts, Shapes& shapes, Counts& foreground) {
  const uint64_t cells = static_cast<uint64_t>(job.passes) * job.rows * job.columns;
  Raster at;
  uint32_t pixels_of_pass = 0;
  FLASHCELL_LOOP(split, 1, 4)
  for (uint64_t i = 0; i < cells; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(split);
    const CellWindow<S> window = windows.read();
    const int count = popcount(window.planes[0]);
    pixels_of_pass += static_cast<uint32_t>(count);
    Shape<false> shape;
    shape.occupied = count >= job.min_cell_pixels;
    if (shape.occupied) {
      Part<S> part;
      part.window = window;
      part.pixels = window.planes[0];
      part.column = at.column;
      part.row = at.row;
      parts.write(part);
    }
    shapes.write(shape);
    if (at.column + 1 == job.columns && at.row + 1 == job.rows) {
      foreground.write(pixels_of_pass);
      pixels_of_pass = 0;
    }
    at.step(job.columns, job.rows, job.classes);
  }
  parts.write(Part<S>());
}

/// Exact modes: a cell's connected parts, one after the other in the order of their lowest pixels. A part grows from
/// its lowest pixel, each iteration along whole rows, columns and round corners. Every iteration adds a pixel to a part
/// or is a part's last: 64 a cell at most, 1 or 2 for an ordinary one.
template <class S, class Windows, class Parts, class Shapes, class Counts>
void split_parts(const Job& job, Windows& windows, Parts& parts, Shapes& shapes, Counts& foreground) {
  const uint64_t cells = static_cast<uint64_t>(job.passes) * job.rows * job.columns;
  const bool eight = job.connectivity != contract::Connectivity::exact4;
  Raster at;
  uint32_t pixels_of_pass = 0;
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
      pixels_of_pass += static_cast<uint32_t>(popcount(rest));
      open = true;
    }
    const uint64_t grown = grow(part.pixels, rest, eight);
    const bool complete = grown == part.pixels || grown == rest;
    part.pixels = grown;
    if (!complete) continue;
    rest &= ~grown;
    open = rest != 0;
    Shape<true> shape;
    shape.pixels = grown;
    shape.bottom = bottom_row(part.window.planes[0]);
    shape.right = right_column(part.window.planes[0]);
    shape.last = !open;
    if (grown != 0) parts.write(part);
    shapes.write(shape);
    part.pixels = lowest_bit(rest);
    if (open) continue;
    if (at.column + 1 == job.columns && at.row + 1 == job.rows) {
      foreground.write(pixels_of_pass);
      pixels_of_pass = 0;
    }
    at.step(job.columns, job.rows, job.classes);
    ++done;
  }
  parts.write(Part<S>());
}

}  // namespace kernels
}  // namespace flashcell
