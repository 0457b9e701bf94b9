#pragma once
#include <string>

#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Tracks as label images in the layout of the Cell Tracking Challenge (Ulman et al., Nature Methods 2017): a folder of
/// one 8- or 16-bit TIFF or PNG a frame, the frame's number (from 0) at the end of its name, and man_track.txt or
/// res_track.txt; also the folder above it, NN_GT, that holds TRA. A pixel's value is the track's number, 0 the floor.
/// Objects are returned with box and centroid, ids as in the images, frames from 1. Lines are frame numbers. Throws
/// Error(Fault::input) naming the file: no images, one that cannot be read or holds no labels, two of one number.
ObjectList read_label_images(const std::string& folder);

}  // namespace flashcell::host
