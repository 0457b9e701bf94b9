#pragma once
#include "kernels_hls/cell_label/features.hpp"
#include "kernels_hls/cell_label/job.hpp"

// What the stages hand to each other. fields(visit) as in features.hpp.
namespace flashcell {
namespace kernels {

/// 64 pixels of one row: planes of one bit a pixel, the foreground first (Sizes::kPlanes).
template <class S>
struct RowGroup {
  uint64_t planes[S::kPlanes];
  template <class Visit>
  void fields(Visit& visit) const {
    visit(planes);
  }
};

/// A cell and the ring of pixels around it; 0 outside the frame.
template <class S>
struct CellWindow {
  uint64_t planes[S::kPlanes];
  ap_uint<10> above, below;  ///< from the pixel over the left column's left to the one over the right column's right
  ap_uint<8> west, east;     ///< bit r is row r
  template <class Visit>
  void fields(Visit& visit) const {
    visit(planes), visit(above), visit(below), visit(west), visit(east);
  }
};

/// One object's part of one cell, to be measured. A cell that holds nothing is a part, too: one without pixels.
template <class S>
struct Part {
  CellWindow<S> window;
  uint64_t pixels;
  typename S::CellIndex column, row;
  bool occupied;  ///< `cell` mode: enough pixels for an object
  bool last;      ///< of its cell
  bool stop;      ///< none: the launch is over
  template <class Visit>
  void fields(Visit& visit) const {
    window.fields(visit);
    visit(pixels), visit(column), visit(row), visit(occupied), visit(last), visit(stop);
  }
};

/// What joining a part with its neighbours takes. `cell` mode: only whether the cell is occupied.
template <bool kSplit>
struct Shape {
  bool occupied;
  template <class Visit>
  void fields(Visit& visit) const {
    visit(occupied);
  }
};
template <>
struct Shape<true> {
  uint64_t pixels;           ///< 0: the cell holds nothing
  ap_uint<8> bottom, right;  ///< sides of the whole cell
  bool last;                 ///< of its cell
  template <class Visit>
  void fields(Visit& visit) const {
    visit(pixels), visit(bottom), visit(right), visit(last);
  }
};

/// A part on its way from measuring to joining, which hands the sums on.
template <class S>
struct MeasuredPart {
  Measured<S> sums;
  Shape<S::kSplits> shape;
  template <class Visit>
  void fields(Visit& visit) const {
    sums.fields(visit), shape.fields(visit);
  }
};

/// What the owner of the labels tells the owner of the features, one each clock: read at most one object, write at most
/// one, hand out at most one word. The object written last stays open: more cells can be added without reading it.
template <class S>
struct LabelCommand {
  bool cell;    ///< the part that comes with it is added to `label`
  bool begin;   ///< … which begins with it
  bool load;    ///< `other` == `label` is read and becomes the open object
  bool merge;   ///< `other` is read and added to `label`
  bool fetch;   ///< `other` is read and becomes the next object to leave
  bool leaves;  ///< word `word` of the object that leaves goes out
  bool end;     ///< of a frame's objects, after that word
  bool stop;    ///< of the launch
  typename S::Label label, other;
  typename S::WordOfObject word;  ///< 0: the next object to leave takes the place of the one that left
  typename S::Area foreground;    ///< px of the frame that ends
  template <class Visit>
  void fields(Visit& visit) const {
    visit(cell), visit(begin), visit(load), visit(merge), visit(fetch), visit(leaves), visit(end), visit(stop);
    visit(label), visit(other), visit(word), visit(foreground);
  }
};

/// A command with the part that it is about, where it is about one.
template <class S>
struct Order {
  LabelCommand<S> command;
  Measured<S> part;
  template <class Visit>
  void fields(Visit& visit) const {
    command.fields(visit), part.fields(visit);
  }
};

/// A word of a finished object: first its contract::ObjectRecord; where features are measured, the words of its
/// contract::ObjectFeatures follow.
struct ObjectWord {
  Word data;
  bool valid;           ///< false: carries only `end`
  bool first;           ///< of its object
  bool end;             ///< of the pass
  uint32_t foreground;  ///< px of the pass that ends
  template <class Visit>
  void fields(Visit& visit) const {
    visit(data), visit(valid), visit(first), visit(end), visit(foreground);
  }
};

}  // namespace kernels
}  // namespace flashcell
