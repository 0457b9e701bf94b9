#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/raster.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// A cell of each plane with the pixels above and below.
template <class S>
struct CellSlice {
  uint64_t planes[S::kPlanes];
  ap_uint<8> above, below;
  template <class Visit>
  void fields(Visit& visit) const {
    visit(planes), visit(above), visit(below);
  }
};

/// All that is stored of the frame: eight rows of pixels, and one above and one below.
template <class S>
struct PackMemory {
  uint64_t strip[8 * S::kGroups][S::kPlanes];
  uint64_t above[S::kGroups], below[S::kGroups];
  uint64_t collected[8][S::kPlanes], leaving[8][S::kPlanes];  ///< eight rows of one group: coming together, going out
  uint64_t leaving_above, leaving_below;
  CellSlice<S> west, centre, east;  ///< the last three that went out
  template <class Visit>
  void fields(Visit& visit) const {
    visit(strip), visit(above), visit(below), visit(collected), visit(leaving);
    visit(leaving_above), visit(leaving_below);
    visit(west), visit(centre), visit(east);
  }
};

/// Addresses of a strip's groups. Groups come row by row and leave column by column; each takes the place of the one
/// that leaves in the same clock. So the order in memory is another one for each strip: the group of rank t stands at
/// t * step modulo one less than the number of groups, the last one at the end (in-place transposition), and the next
/// strip's step is the address that rank `groups of a row` has in this one.
class StripAddress {
 public:
  explicit StripAddress(uint32_t groups) : groups_(groups), last_(8 * groups - 1) {}

  uint32_t rank() const { return rank_; }
  uint32_t address() const { return rank_ == last_ ? last_ : address_; }
  void next() {
    if (rank_ == groups_) next_step_ = address_;
    if (rank_ == last_) {
      rank_ = 0;
      address_ = 0;
      step_ = next_step_;
      return;
    }
    ++rank_;
    address_ += step_;
    if (address_ >= last_) address_ -= last_;
  }

 private:
  uint32_t groups_, last_;
  uint32_t rank_ = 0, address_ = 0, step_ = 1, next_step_ = 1;
};

/// The cell in column `byte` of the group that goes out.
template <class S>
CellSlice<S> slice_of(const PackMemory<S>& memory, uint32_t byte) {
  CellSlice<S> slice;
  for (int plane = 0; plane < S::kPlanes; ++plane) {
    FLASHCELL_HLS(UNROLL)
    uint64_t cell = 0;
    for (int row = 0; row < 8; ++row) {
      FLASHCELL_HLS(UNROLL)
      cell |= ((memory.leaving[row][plane] >> (8 * byte)) & 0xFF) << (8 * row);
    }
    slice.planes[plane] = cell;
  }
  slice.above = memory.leaving_above >> (8 * byte);
  slice.below = memory.leaving_below >> (8 * byte);
  return slice;
}

/// The middle one of three slices with the pixels around it.
template <class S>
CellWindow<S> window_of(const CellSlice<S>& centre, const CellSlice<S>& west, const CellSlice<S>& east, bool first,
                        bool last) {
  CellWindow<S> window;
  for (int plane = 0; plane < S::kPlanes; ++plane) {
    FLASHCELL_HLS(UNROLL)
    window.planes[plane] = centre.planes[plane];
  }
  const uint64_t west_above = first ? 0 : west.above.to_uint64() >> 7;
  const uint64_t west_below = first ? 0 : west.below.to_uint64() >> 7;
  const uint64_t east_above = last ? 0 : east.above.to_uint64() & 1;
  const uint64_t east_below = last ? 0 : east.below.to_uint64() & 1;
  window.above = west_above | centre.above.to_uint64() << 1 | east_above << 9;
  window.below = west_below | centre.below.to_uint64() << 1 | east_below << 9;
  window.west = first ? 0 : right_column(west.planes[0]);
  window.east = last ? 0 : left_column(east.planes[0]);
  return window;
}

/// Rows of pixels in, cells with the pixels around them out, both in raster order. A strip of eight rows leaves while
/// the next one comes, of the next pass if need be; so between passes no clock is lost.
template <class S, class Groups, class Windows>
void pack_stage(const Job& job, Groups& groups, Windows& windows) {
  PackMemory<S> memory;
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.strip complete dim = 2)
  FLASHCELL_HLS(BIND_STORAGE variable = memory.strip type = RAM_2P impl = LUTRAM)
  FLASHCELL_HLS(BIND_STORAGE variable = memory.above type = RAM_2P impl = LUTRAM)
  FLASHCELL_HLS(BIND_STORAGE variable = memory.below type = RAM_2P impl = LUTRAM)
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.collected complete dim = 0)
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.leaving complete dim = 0)
  for (int row = 0; row < 8; ++row) {
    FLASHCELL_HLS(UNROLL)
    for (int plane = 0; plane < S::kPlanes; ++plane) {
      FLASHCELL_HLS(UNROLL)
      memory.leaving[row][plane] = 0;
    }
  }
  memory.leaving_above = memory.leaving_below = 0;
  memory.west = memory.centre = memory.east = CellSlice<S>();
  StripAddress place(job.groups);
  const uint32_t strip_groups = 8 * job.groups;
  const uint64_t incoming = static_cast<uint64_t>(job.passes) * job.rows * strip_groups;
  // A strip, then a group, then a cell later: the delays of memory, of the eight collected rows and of the window.
  const uint64_t delay = strip_groups + 8 + 1;
  Raster cell;          // that goes out
  uint32_t in_row = 0;  // strip of its pass that comes in
  FLASHCELL_LOOP(pack, 1, 4)
  for (uint64_t i = 0; i < incoming + delay; ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    // A place is written again a whole strip after it was read.
    FLASHCELL_HLS(DEPENDENCE variable = memory.strip type = inter false)
    FLASHCELL_ITERATION(pack);
    // The window goes on by one cell of the group that leaves.
    memory.west = memory.centre;
    memory.centre = memory.east;
    memory.east = slice_of<S>(memory, place.rank() % 8);
    if (i >= delay) {
      windows.write(
          window_of<S>(memory.centre, memory.west, memory.east, cell.column == 0, cell.column + 1 == job.columns));
      cell.step(job.columns, job.rows, job.classes);
    }
    const uint32_t address = place.address(), row_of_collected = place.rank() % 8, column = place.rank() / 8;
    for (int plane = 0; plane < S::kPlanes; ++plane) {
      FLASHCELL_HLS(UNROLL)
      memory.collected[row_of_collected][plane] = i >= strip_groups ? memory.strip[address][plane] : 0;
    }
    if (i < incoming) {
      const RowGroup<S> group = groups.read();
      for (int plane = 0; plane < S::kPlanes; ++plane) {
        FLASHCELL_HLS(UNROLL)
        memory.strip[address][plane] = group.planes[plane];
      }
      if (place.rank() < job.groups) memory.below[place.rank()] = group.planes[0];
    }
    if (row_of_collected == 7) {
      // in_row is the strip after the one that was collected.
      const bool top = in_row == 1 || i < strip_groups, bottom = in_row == 0;
      memory.leaving_above = top ? 0 : memory.above[column];
      memory.leaving_below = bottom ? 0 : memory.below[column];
      memory.above[column] = memory.collected[7][0];
      for (int row = 0; row < 8; ++row) {
        FLASHCELL_HLS(UNROLL)
        for (int plane = 0; plane < S::kPlanes; ++plane) {
          FLASHCELL_HLS(UNROLL)
          memory.leaving[row][plane] = memory.collected[row][plane];
        }
      }
    }
    place.next();
    if (place.rank() == 0) in_row = in_row + 1 < job.rows ? in_row + 1 : 0;
  }
}

}  // namespace kernels
}  // namespace flashcell
