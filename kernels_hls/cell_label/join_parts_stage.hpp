#pragma once
#include "kernels_hls/cell_label/cell_bits.hpp"
#include "kernels_hls/cell_label/labels.hpp"
#include "kernels_hls/cell_label/raster.hpp"

namespace flashcell {
namespace kernels {

/// One side of a cell towards cells to come: which of its 8 pixels are foreground, and each run's label.
template <class S>
struct Side {
  ap_uint<8> pixels;
  typename S::Label labels[S::kRuns];
  template <class Visit>
  void fields(Visit& visit) const {
    visit(pixels), visit(labels);
  }

  void clear() {
    pixels = 0;
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      labels[run] = S::kLabels;
    }
  }
  void rename(typename S::Label from, typename S::Label to) {
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      if (labels[run] == from) labels[run] = to;
    }
  }
  bool carries(typename S::Label label) const {
    bool found = false;
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      found = found || labels[run] == label;
    }
    return found;
  }
};

/// The border between finished and open cells.
template <class S>
struct PartBorder {
  Side<S> above[S::kColumns];  ///< bottom sides: of this row up to one column back, of the row above from there
  Side<S> north_west;          ///< bottom side of the row above, one column back
  Side<S> west;                ///< right side of the cell one column back
  Side<S> bottom, right;       ///< of the cell at hand, as far as its parts have their labels
  template <class Visit>
  void fields(Visit& visit) const {
    visit(above), visit(north_west), visit(west), visit(bottom), visit(right);
  }
};

/// Exact modes: a clock of the loop for each part, one more for each merge and where the part's object is not open.
///
/// A merge renames one label on the whole border at once. Each consumes a label that a part of its own began, so there
/// are no more merges than parts. When a cell is done, the runs of the row above one column back and of the cell to the
/// left have no neighbour to come; a label that no other run carries is complete. Each such run is looked for on the
/// border in an iteration of its own, but for those that the cell at hand carries on.
template <class S>
class PartJoin {
 public:
  using Label = typename S::Label;

  explicit PartJoin(const Job& job)
      : columns_(job.columns),
        rows_(job.rows),
        corners_touch_(job.connectivity != contract::Connectivity::exact4),
        leaving_(free_, contract::words_per_object(job.features)) {
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      border_.above[column].clear();
    }
    border_.north_west.clear();
    border_.west.clear();
    begin_cell();
  }

  /// Whether step() wants the next part of the cell at hand, or of the next cell; not so below the frame.
  bool wants_part() const { return !has_part_ && !retiring_; }
  bool below_frame() const { return at_.row >= rows_; }
  bool frame_done() const { return at_.row == rows_ + 1 && at_.column == 1; }
  bool idle() const { return leaving_.empty(); }

  /// The next part, with its number of pixels.
  void give(const Shape<true>& part, uint32_t pixels) {
    part_ = part;
    pixels_ += pixels;
    has_part_ = true;
  }

  LabelCommand<S> step() {
    LabelCommand<S> command = LabelCommand<S>();
    command.label = open_;
    complete_ = none();
    if (frame_done()) {
      // Two frames' ends may wait, so that there are slots for them.
      if (leaving_.frames() < 2) {
        leaving_.end_frame(pixels_);
        pixels_ = 0;
        at_ = Raster();
      }
    } else {
      if (has_part_) label_part(command);
      if (!has_part_) retire();
    }
    leaving_.step(command);
    if (complete_ != none()) leaving_.push(complete_);
    return command;
  }

  /// Commands after the last frame until idle().
  LabelCommand<S> drain() {
    LabelCommand<S> command = LabelCommand<S>();
    command.label = open_;
    leaving_.step(command);
    return command;
  }

  const FreeLabels<S>& free_labels() const { return free_; }
  const LeavingObjects<S>& leaving() const { return leaving_; }
  template <class Visit>
  void fields(Visit& visit) const {
    border_.fields(visit), free_.fields(visit), leaving_.fields(visit), part_.fields(visit);
    visit(open_), visit(dropped_), visit(complete_), visit(pixels_);
  }

 private:
  static constexpr int kDropped = 2 * S::kRuns;
  static constexpr int kTouched = 2 * S::kRuns + 2;
  struct Touched {
    Label labels[kTouched];
  };

  static Label none() { return FreeLabels<S>::none(); }

  void begin_cell() {
    border_.bottom.clear();
    border_.right.clear();
    for (int i = 0; i < kDropped; ++i) {
      FLASHCELL_HLS(UNROLL)
      dropped_[i] = none();
    }
  }

  /// One clock for the part at hand; it stays at hand until it has been added to an object.
  void label_part(LabelCommand<S>& command) {
    if (part_.pixels == 0) {
      has_part_ = false;
      return;
    }
    Label first = none(), second = none();
    pick_two(touched(), first, second);
    if (first == none()) {
      if (free_.count() == 0) return;  // until a complete object has left
      command.begin = true;
      first = free_.take();
    } else if (second != none()) {
      merge(first, second, command);
      return;
    } else if (first != open_) {
      command.load = true;
      command.other = first;
    }
    command.cell = true;
    command.label = open_ = first;
    has_part_ = false;
    const bool held_below = hold(bottom_row(part_.pixels), part_.bottom, first, border_.bottom);
    const bool held_right = hold(right_column(part_.pixels), part_.right, first, border_.right);
    if (command.begin && !held_below && !held_right) complete_ = first;
  }

  /// Labels of the runs that the part touches.
  Touched touched() const {
    Touched out;
    const uint32_t top = top_row(part_.pixels), left = left_column(part_.pixels);
    const bool first = at_.column == 0, last = at_.column + 1 == columns_;
    const Side<S>& north = border_.above[at_.column];
    touched_runs(north, corners_touch_ ? with_side_neighbours(top) : top, out.labels);
    touched_runs(border_.west, first ? 0 : corners_touch_ ? with_side_neighbours(left) : left, out.labels + S::kRuns);
    const bool north_west = corners_touch_ && !first && (top & 1) != 0;
    const bool north_east = corners_touch_ && !last && (top & 0x80) != 0;
    out.labels[2 * S::kRuns] = north_west ? label_at_end(border_.north_west) : none();
    out.labels[2 * S::kRuns + 1] = north_east && (border_.above[at_.column + 1].pixels.to_uint64() & 1) != 0
                                       ? border_.above[at_.column + 1].labels[0]
                                       : none();
    return out;
  }

  /// Of the run that holds pixel 7.
  static Label label_at_end(const Side<S>& side) {
    Label label = none();
    uint32_t rest = static_cast<uint32_t>(side.pixels.to_uint64());
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      const uint32_t pixels = lowest_run(rest);
      rest &= ~pixels;
      if ((pixels & 0x80) != 0) label = side.labels[run];
    }
    return label;
  }

  static void touched_runs(const Side<S>& side, uint32_t reach, Label* labels) {
    uint32_t rest = static_cast<uint32_t>(side.pixels.to_uint64());
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      const uint32_t pixels = lowest_run(rest);
      rest &= ~pixels;
      labels[run] = (pixels & reach) != 0 ? side.labels[run] : none();
    }
  }

  /// Two different ones of the labels, as far as there are any.
  static void pick_two(const Touched& touched, Label& first, Label& second) {
    for (int i = 0; i < kTouched; ++i) {
      FLASHCELL_HLS(UNROLL)
      const Label label = touched.labels[i];
      if (label == none()) continue;
      if (first == none()) {
        first = label;
      } else if (label != first) {
        second = label;
      }
    }
  }

  /// Two of the objects that the part touches become one. The one that stays must be open, so it is read first.
  void merge(Label first, Label second, LabelCommand<S>& command) {
    const Label to = second == open_ ? second : first, from = second == open_ ? first : second;
    if (to != open_) {
      command.load = true;
      command.other = command.label = open_ = to;
      return;
    }
    command.merge = true;
    command.other = from;
    free_.give(from);
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      border_.above[column].rename(from, to);
    }
    border_.north_west.rename(from, to);
    border_.west.rename(from, to);
    border_.bottom.rename(from, to);
    border_.right.rename(from, to);
  }

  /// Writes `label` on the runs of the cell's side that `pixels` are part of; whether there is any.
  static bool hold(uint32_t pixels, const ap_uint<8>& whole_side, Label label, Side<S>& side) {
    side.pixels = whole_side;
    uint32_t rest = static_cast<uint32_t>(whole_side.to_uint64());
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      const uint32_t of_run = lowest_run(rest);
      rest &= ~of_run;
      if ((of_run & pixels) != 0) side.labels[run] = label;
    }
    return pixels != 0;
  }

  /// When all parts of the cell have their labels: the border goes on by one cell, then one dropped label a clock is
  /// looked for.
  void retire() {
    if (!retiring_) {
      if (!part_.last) return;
      move();
    } else {
      check_dropped();
    }
    retiring_ = false;
    for (int i = 0; i < kDropped; ++i) {
      FLASHCELL_HLS(UNROLL)
      retiring_ = retiring_ || dropped_[i] != none();
    }
    if (retiring_) return;
    begin_cell();
    at_.step(columns_, rows_ + 2, 1);
  }

  void move() {
    for (int run = 0; run < S::kRuns; ++run) {
      FLASHCELL_HLS(UNROLL)
      dropped_[run] = border_.north_west.labels[run];
      dropped_[S::kRuns + run] = border_.west.labels[run];
    }
    border_.north_west = border_.above[at_.column];
    border_.above[at_.column] = border_.bottom;
    border_.west = border_.right;
    for (int i = 0; i < kDropped; ++i) {
      FLASHCELL_HLS(UNROLL)
      const Label label = dropped_[i];
      if (border_.bottom.carries(label) || border_.right.carries(label) || border_.north_west.carries(label)) {
        dropped_[i] = none();
      }
    }
  }

  void check_dropped() {
    Label label = none();
    for (int i = kDropped - 1; i >= 0; --i) {
      FLASHCELL_HLS(UNROLL)
      if (dropped_[i] != none()) label = dropped_[i];
    }
    bool found = false;  // the sides next to the cell have been looked at
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      found = found || border_.above[column].carries(label);
    }
    if (!found) complete_ = label;
    for (int i = 0; i < kDropped; ++i) {
      FLASHCELL_HLS(UNROLL)
      if (dropped_[i] == label) dropped_[i] = none();
    }
  }

  const uint32_t columns_, rows_;
  const bool corners_touch_;
  PartBorder<S> border_;
  FreeLabels<S> free_;
  LeavingObjects<S> leaving_;
  Raster at_;  // below the frame a row of empty cells and one more complete what is alive
  Shape<true> part_ = Shape<true>();
  Label dropped_[kDropped];
  Label open_ = none(), complete_ = none();
  bool has_part_ = false, retiring_ = false;
  typename S::Area pixels_ = 0;  ///< of the frame so far
};

template <class S, class Parts, class Orders>
void join_parts(const Job& job, Parts& parts, Orders& orders) {
  PartJoin<S> join(job);
  MeasuredPart<S> nothing = MeasuredPart<S>();
  nothing.shape.last = true;
  Order<S> order;  // keeps the sums of the part at hand
  order.part = nothing.sums;
  uint32_t frames = 0;
  FLASHCELL_LOOP(join, 2, 4)
  while (frames < job.passes || !join.idle()) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 1048576)
    FLASHCELL_HLS(PIPELINE II = 2)
    FLASHCELL_ITERATION(join);
    if (frames == job.passes) {
      order.command = join.drain();
      orders.write(order);
      continue;
    }
    if (!join.frame_done() && join.wants_part()) {
      const MeasuredPart<S> part = join.below_frame() ? nothing : parts.read();
      join.give(part.shape, static_cast<uint32_t>(part.sums.n.to_uint64()));
      order.part = part.sums;
    }
    const bool done = join.frame_done();
    order.command = join.step();
    orders.write(order);
    if (done && !join.frame_done()) ++frames;
  }
  stop_orders<S>(orders);
}

}  // namespace kernels
}  // namespace flashcell
