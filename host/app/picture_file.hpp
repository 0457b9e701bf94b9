#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "pipeline/frame.hpp"

namespace flashcell::app {

/// A picture from a file (PNG, JPEG, BMP, TIFF, PNM), grey or colour, 8 or 16 bits; at most kMostPicturePixels. Throws
/// Error(Fault::input).
cv::Mat read_picture(const std::string& path);

/// The same pixels as a frame; `picture` must stay.
FrameView view_of(const cv::Mat& picture);

/// The file of that name, by its extension. Throws Error(Fault::usage) for an extension of no format that can be
/// written.
std::vector<uint8_t> encode_picture(const std::string& path, const cv::Mat& picture);

/// Replaces the file only when the picture is whole. Throws as encode_picture(), and Error(Fault::input) when it cannot
/// be written.
void write_picture(const std::string& path, const cv::Mat& picture);

}  // namespace flashcell::app
