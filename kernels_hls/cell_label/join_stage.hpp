#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// One side of a cell towards cells to come: which of its 8 pixels are foreground, and each run's label.
template <class S>
struct Side {
  ap_uint<8> pixels;
  typename S::Label labels[S::kRuns];
};

/// The labels alive. Each is held by the runs that carry it on the border between finished and open cells; when the
/// last run goes, nothing to come can touch the object, and it is complete. A merge renames one label on the whole
/// border in one step, so that there are no aliases to look up and no passes to repeat.
template <class S>
struct JoinState {
  using Label = typename S::Label;

  Side<S> above[S::kColumns];  ///< bottom sides: of this row up to two columns back, of the row above from there
  Side<S> left_bottom;  ///< of the cell to the left, not yet in `above`: the cell at hand may touch the corner there
  Side<S> left_right;   ///< right side of the cell to the left
  Label cell[S::kComponents];  ///< labels of the components of the cell at hand
  typename S::References references[S::kLabels];
  Label free[S::kLabels];  ///< stack of unused labels
  Label free_count;
  int lowest_free_count;  ///< watermark since reset(), for the checks
};

template <class S>
class JoinStage {
 public:
  using Label = typename S::Label;

  JoinStage(JoinState<S>& state, hls::stream<Command<S>>& commands) : s_(state), commands_(commands) {}

  /// Components of one frame in, commands out. A row of empty cells below the frame completes what is still alive.
  void run(const Job& job, hls::stream<Component>& components) {
    reset();
    corners_touch_ = job.connectivity != contract::Connectivity::exact4;
    for (int row = 0; row <= job.rows; ++row) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns + 1)
      for (int column = 0; column < job.columns; ++column) {
        FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kColumns)
        label_cell(column, job.columns, row < job.rows, components);
      }
    }
    send(Operation::end, none(), none());
  }

 private:
  static Label none() { return S::kLabels; }

  void send(Operation operation, Label label, Label from) {
    const Command<S> command = {operation, label, from};
    commands_.write(command);
  }

  static void clear(Side<S>& side) {
    side.pixels = 0;
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      side.labels[run] = none();
    }
  }

  void reset() {
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      clear(s_.above[column]);
    }
    clear(s_.left_bottom);
    clear(s_.left_right);
    for (int label = 0; label < S::kLabels; ++label) {
      FLASHCELL_HLS(UNROLL)
      s_.references[label] = 0;
      s_.free[label] = label;
    }
    s_.free_count = S::kLabels;
    s_.lowest_free_count = S::kLabels;
  }

  void label_cell(int column, int columns, bool in_frame, hls::stream<Component>& components) {
    Side<S> bottom, right;
    clear(bottom);
    clear(right);
    Component parts[S::kComponents];
    int count = 0;
    bool last = !in_frame;
    for (int i = 0; i < S::kComponents && !last; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kComponents)
      const Component part = components.read();
      last = part.last;
      if (part.pixels == 0) continue;
      parts[count] = part;
      label_component(part.shape, column, columns, count);
      ++count;
    }
    // All labels of the cell are known only now: a later component may have renamed an earlier one's.
    uint64_t shape = 0;
    for (int i = 0; i < count; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kComponents)
      shape |= parts[i].shape;
    }
    bottom.pixels = bottom_row(shape);
    right.pixels = right_column(shape);
    for (int i = 0; i < count; ++i) {
      FLASHCELL_HLS(LOOP_TRIPCOUNT max = S::kComponents)
      hold(bottom_row(parts[i].shape), s_.cell[i], bottom);
      hold(right_column(parts[i].shape), s_.cell[i], right);
      if (s_.references[s_.cell[i].to_int()] == 0) complete(s_.cell[i]);
    }
    if (column > 0) retire(column - 1);
    s_.left_bottom = bottom;
    s_.left_right = right;
    if (column + 1 < columns) return;
    retire(column);
    clear(s_.left_bottom);
    clear(s_.left_right);
  }

  /// Finds what the component touches, merges it all, and gives the component that label or a new one.
  void label_component(uint64_t shape, int column, int columns, int index) {
    const uint32_t top = top_row(shape), left = left_column(shape);
    s_.cell[index] = none();
    touch_side(s_.above[column], corners_touch_ ? with_side_neighbours(top) : top, index);
    touch_side(s_.left_right, corners_touch_ ? with_side_neighbours(left) : left, index);
    if (corners_touch_ && column > 0 && (top & 1) != 0) touch_side(s_.above[column - 1], 0x80, index);
    if (corners_touch_ && column + 1 < columns && (top & 0x80) != 0) touch_side(s_.above[column + 1], 0x01, index);
    if (s_.cell[index] != none()) {
      send(Operation::add, s_.cell[index], none());
      return;
    }
    s_.free_count -= 1;
    s_.cell[index] = s_.free[s_.free_count.to_int()];
    if (s_.lowest_free_count > s_.free_count.to_int()) s_.lowest_free_count = s_.free_count.to_int();
    send(Operation::add_new, s_.cell[index], none());
  }

  void touch_side(const Side<S>& side, uint32_t reach, int index) {
    uint32_t rest = static_cast<uint32_t>(side.pixels.to_uint64());
    for (int run = 0; run < S::kRuns; ++run) {
      const uint32_t pixels = lowest_run(rest);
      rest &= ~pixels;
      if ((pixels & reach) == 0) continue;
      const Label label = side.labels[run];
      if (s_.cell[index] == none()) {
        s_.cell[index] = label;
      } else if (s_.cell[index] != label) {
        merge(s_.cell[index], label, index);
      }
    }
  }

  /// `from` becomes `to` wherever it stands: one comparator a border run, all at once in hardware.
  void merge(Label to, Label from, int components) {
    send(Operation::merge, to, from);
    s_.references[to.to_int()] += s_.references[from.to_int()];
    s_.references[from.to_int()] = 0;
    release(from);
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      rename(s_.above[column], to, from);
    }
    rename(s_.left_bottom, to, from);
    rename(s_.left_right, to, from);
    for (int i = 0; i < components; ++i) {
      FLASHCELL_HLS(UNROLL)
      if (s_.cell[i] == from) s_.cell[i] = to;
    }
  }

  static void rename(Side<S>& side, Label to, Label from) {
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      if (side.labels[run] == from) side.labels[run] = to;
    }
  }

  /// Writes `label` on the runs of `side` that `pixels` are part of.
  void hold(uint32_t pixels, Label label, Side<S>& side) {
    uint32_t rest = static_cast<uint32_t>(side.pixels.to_uint64());
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      const uint32_t of_run = lowest_run(rest);
      rest &= ~of_run;
      if ((of_run & pixels) == 0) continue;
      side.labels[run] = label;
      s_.references[label.to_int()] += 1;
    }
  }

  /// No cell to come touches the row above at `column`, nor the right side of the cell there: the bottom side takes its
  /// place.
  void retire(int column) {
    for (int run = 0; run < S::kRuns; ++run) {
      drop(s_.above[column].labels[run]);
      drop(s_.left_right.labels[run]);
    }
    s_.above[column] = s_.left_bottom;
  }

  void drop(Label label) {
    if (label == none()) return;
    s_.references[label.to_int()] -= 1;
    if (s_.references[label.to_int()] == 0) complete(label);
  }

  void complete(Label label) {
    send(Operation::emit, label, none());
    release(label);
  }

  void release(Label label) {
    s_.free[s_.free_count.to_int()] = label;
    s_.free_count += 1;
  }

  JoinState<S>& s_;
  hls::stream<Command<S>>& commands_;
  bool corners_touch_ = true;
};

}  // namespace kernels
}  // namespace flashcell
