#pragma once
#include <string>
#include <string_view>

#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Whether a file begins as an HDF5 file does.
bool is_hdf5(const std::string& path);

/// SLEAP's analysis file (`sleap-convert --format analysis`): tracks [track, 2, node, frame], a place where both
/// numbers are finite; ids from 1 in the order of the tracks, frames from 1. `point`: the node's name; "": the mean of
/// the nodes that were placed. Lines are frame numbers. Throws Error(Fault::input) naming the file where it is none or
/// holds more than 2^28 numbers, Error(Fault::usage) where it has no node of that name, listing those it has.
ObjectList read_sleap_file(const std::string& path, const std::string& point);

}  // namespace flashcell::host
