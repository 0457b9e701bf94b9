#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tracking/metrics/cell_tracking.hpp"

namespace flashcell::host {

/// man_track.txt and res_track.txt of the Cell Tracking Challenge: lines "label first last parent" of whole numbers
/// between spaces or tabs, frames from 0, labels from 1 to 65535, parent 0: none. A label may have several lines, one
/// for each part of a track with gaps; the challenge's own files have one. Throws Error(Fault::input) naming file and
/// line: another number of fields, a value out of range, a track that ends before it begins.
std::vector<tracking::LineageTrack> parse_lineage(std::string_view text, const std::string& name);

}  // namespace flashcell::host
