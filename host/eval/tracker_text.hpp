#pragma once
#include <string>
#include <string_view>

#include "host/eval/mot_text.hpp"

// Tables of points that other trackers write; ids from 1 in the order of their columns or of their first rows. Errors
// are Error(Fault::input) naming file and line.
namespace flashcell::host {

/// idTracker's trajectories.txt: a header "X1 Y1 ProbId1 X2 …", a row a frame, the first of them frame 1; NaN where an
/// animal was not found.
ObjectList parse_idtracker(std::string_view text, const std::string& name);

/// ToxTrac's Tracking.txt: frame, arena, track, x, y, label, no header; frames from 0. Arena and track make the id.
ObjectList parse_toxtrac(std::string_view text, const std::string& name);

/// Tracktor's CSV: columns frame, pos_x, pos_y and id (any text) in any order; the file's frame 1 is the first.
ObjectList parse_tracktor(std::string_view text, const std::string& name);

}  // namespace flashcell::host
