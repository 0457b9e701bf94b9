#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/eval/mot_text.hpp"

// Tracks as label images in the layout of the Cell Tracking Challenge (Ulman et al., Nature Methods 2017): a folder of
// one 8- or 16-bit TIFF or PNG a frame, the frame's number (from 0) at the end of its name. A pixel's value is the
// object's label, 0 the floor.
namespace flashcell::host {

/// A label for each pixel, in raster order.
struct LabelImage {
  int width = 0, height = 0;  ///< px
  std::vector<uint16_t> labels;
};

/// The folder's images by frame. Where names begin with mask, man_track or man_seg only those count, so that a run's
/// folder can be read. Throws Error(Fault::input) naming the file: no images, one without a number, two of one number.
std::map<int64_t, std::filesystem::path> label_image_files(const std::filesystem::path& folder);

/// Where a folder's label images of tracks lie: in its TRA (ground truth, NN_GT) or in itself.
std::filesystem::path tracking_folder(const std::filesystem::path& folder);

/// Throws Error(Fault::input) naming the file: unreadable, no picture, more than 2^27 px, no labels of 8 or 16 bits.
LabelImage read_label_image(const std::filesystem::path& path);

/// Objects of all images in tracking_folder(folder), with box and centroid, ids as in the images, frames from 1. Lines
/// are frame numbers. Throws as the functions above.
ObjectList read_label_images(const std::string& folder);

}  // namespace flashcell::host
