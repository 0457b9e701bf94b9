#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Which columns of a CSV are the object's position, and how its frames are counted.
struct CsvColumns {
  std::string point;                   ///< "" reads the columns x and y; "thorax" reads thorax_x and thorax_y
  std::optional<int64_t> first_frame;  ///< the number of the file's first frame; without it, see parse_track_csv
};

/// Tracks or marked points as CSV with a header line: columns frame and id, and x,y (or <point>_x,<point>_y) or
/// left,top,width,height or both, in any order, others ignored, but rows whose column visible is 0 are left out
/// (objects that a generated scene hides behind others). A column class, and class_confidence beside it, become names.
/// Lines that begin with # are comments. Frames are returned counted from 1: the file's own counting starts at
/// `columns.first_frame`, else at what a comment "# first_frame: N" states, else at 1. Throws Error(Fault::input)
/// naming file and line: a missing column, a row with another number of fields than the header, a value that is no
/// finite number, a frame before the first, an id twice in a frame.
ObjectList parse_track_csv(std::string_view text, const std::string& name, const CsvColumns& columns);

}  // namespace flashcell::host
