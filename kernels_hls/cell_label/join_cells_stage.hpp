#pragma once
#include "kernels_hls/cell_label/labels.hpp"
#include "kernels_hls/cell_label/raster.hpp"

namespace flashcell {
namespace kernels {

/// The objects' labels on the border between cells that have come and cells that have not.
template <class S>
struct CellBorder {
  typename S::Label above[S::kColumns];  ///< of this row as far as it has come, of the row above from there
  typename S::Label north_west;          ///< of the row above, one column back
  typename S::Label west;                ///< of this row, one column back
  template <class Visit>
  void fields(Visit& visit) const {
    visit(above), visit(north_west), visit(west);
  }
};

/// `cell` mode, a cell a clock.
///
/// A cell touches W, NW, N and NE. If N is occupied, each of the others touches N, so all carry N's label. If it is
/// not, W and NW touch each other. So there are two labels at most: a of N, W or NW, and b of NE. Where they differ,
/// two objects become one: b is renamed to a on the whole border at once, or a to b, and one of the two is read to be
/// added to the other. At most one of both is not open (LabelCommand): where none is, the second one is read in the
/// next clock, which needs no other: the next cell, if it is occupied, touches only cells of this very object.
///
/// The cell of the row above one column back has no neighbour to come: if no other border cell carries its label, the
/// object is complete. That is one object a clock at most.
///
/// Passes follow each other without a gap: above a pass' first row stands the last row of the pass before, which
/// nothing touches but which completes its objects.
template <class S>
class CellJoin {
 public:
  using Label = typename S::Label;

  explicit CellJoin(const Job& job)
      : columns_(job.columns), rows_(job.rows), leaving_(free_, contract::words_per_object(job.features)) {
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      border_.above[column] = none();
    }
    border_.north_west = border_.west = none();
  }

  /// The next cell, in raster order, with its number of foreground pixels. After the last pass: empty cells until
  /// idle().
  LabelCommand<S> step(bool occupied, uint32_t pixels) {
    LabelCommand<S> command = LabelCommand<S>();
    command.label = open_;
    const Around around = neighbours();
    if (gone_ != none()) {  // of the clock before
      command.merge = true;
      command.other = gone_;
      free_.give(gone_);
      gone_ = none();
    }
    Label label = none();
    Label renamed = none();
    if (occupied) {
      command.cell = true;
      label = pick(around, command, renamed);
      command.label = open_ = label;
    }
    move(label, renamed);
    leaving_.step(command);
    // Objects pushed below leave from the next clock on.
    if (complete_) leaving_.push(dropped_);
    if (at_.row == 1 && at_.column == 0 && (at_.class_id != 0 || at_.frame != 0)) leaving_.end_frame(pixels_of_last_);
    count(pixels);
    at_.step(columns_, rows_, 2);
    return command;
  }

  /// Whether everything has left, `cells` being the launch's number of cells.
  bool idle(uint64_t cells, uint64_t steps) const { return steps > cells + columns_ && leaving_.empty(); }

  const FreeLabels<S>& free_labels() const { return free_; }
  const LeavingObjects<S>& leaving() const { return leaving_; }
  template <class Visit>
  void fields(Visit& visit) const {
    border_.fields(visit), free_.fields(visit), leaving_.fields(visit);
    visit(open_), visit(gone_), visit(pixels_), visit(pixels_of_last_);
  }

 private:
  struct Around {
    Label a, b;
  };

  static Label none() { return FreeLabels<S>::none(); }

  Around neighbours() const {
    const bool first = at_.column == 0, last = at_.column + 1 == columns_, top = at_.row == 0;
    const Label north = top ? none() : border_.above[at_.column];
    const Label north_west = top || first ? none() : border_.north_west;
    const Label north_east = top || last ? none() : border_.above[at_.column + 1];
    const Label west = first ? none() : border_.west;
    return {north != none() ? north : west != none() ? west : north_west, north_east};
  }

  /// The cell's label, and in `renamed` the one that it takes the place of.
  Label pick(const Around& around, LabelCommand<S>& command, Label& renamed) {
    const Label a = around.a, b = around.b;
    if (a == none() && b == none()) {
      command.begin = true;
      return free_.take();
    }
    const bool two = a != none() && b != none() && a != b;
    const Label label = two ? (b == open_ ? b : a) : a != none() ? a : b;
    if (two) renamed = label == a ? b : a;
    if (label != open_) {
      command.load = true;
      command.other = label;
      gone_ = renamed;
    } else if (two) {
      command.merge = true;
      command.other = renamed;
      free_.give(renamed);
    }
    return label;
  }

  /// The border goes on by one cell, `renamed` becoming `label`.
  void move(Label label, Label renamed) {
    dropped_ = border_.north_west;
    const bool lives_here = dropped_ == label || dropped_ == renamed;
    Label north = border_.above[at_.column];
    // Comparators over the whole border, all in this clock. Neither looks at the other's result.
    if (renamed != none()) {
      for (int column = 0; column < S::kColumns; ++column) {
        FLASHCELL_HLS(UNROLL)
        if (border_.above[column] == renamed) border_.above[column] = label;
      }
      if (north == renamed) north = label;
    }
    complete_ = dropped_ != none() && !lives_here && dropped_ != north && !carried(dropped_);
    border_.north_west = north;
    border_.above[at_.column] = label;
    border_.west = label;
  }

  /// Foreground pixels of the pass.
  void count(uint32_t pixels) {
    pixels_ += pixels;
    if (at_.column + 1 != columns_ || at_.row + 1 != rows_) return;
    pixels_of_last_ = pixels_;
    pixels_ = 0;
  }

  bool carried(Label label) const {
    bool found = false;
    for (int column = 0; column < S::kColumns; ++column) {
      FLASHCELL_HLS(UNROLL)
      found = found || border_.above[column] == label;
    }
    return found;
  }

  const uint32_t columns_, rows_;
  CellBorder<S> border_;
  FreeLabels<S> free_;
  LeavingObjects<S> leaving_;
  Raster at_;
  Label open_ = none();
  Label gone_ = none();  ///< becomes part of the open object in the next clock
  Label dropped_ = none();
  bool complete_ = false;
  typename S::Area pixels_ = 0, pixels_of_last_ = 0;  ///< of this pass so far, and of the one before
};

template <class S, class Parts, class Orders>
void join_cells(const Job& job, Parts& parts, Orders& orders) {
  CellJoin<S> join(job);
  const MeasuredPart<S> nothing = MeasuredPart<S>();
  const uint64_t cells = static_cast<uint64_t>(job.passes) * job.rows * job.columns;
  FLASHCELL_LOOP(join, 1, 3)
  for (uint64_t i = 0; !join.idle(cells, i); ++i) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 16384)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(join);
    const MeasuredPart<S> part = i < cells ? parts.read() : nothing;
    Order<S> order;
    order.command = join.step(part.shape.occupied, static_cast<uint32_t>(part.sums.n.to_uint64()));
    order.part = part.sums;
    orders.write(order);
  }
  stop_orders<S>(orders);
}

}  // namespace kernels
}  // namespace flashcell
