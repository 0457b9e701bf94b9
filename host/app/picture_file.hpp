#pragma once
#include <opencv2/core.hpp>
#include <string>

#include "pipeline/frame.hpp"

namespace flashcell::app {

/// A picture from a file, grey or colour, 8 or 16 bits. Throws Error(Fault::input).
cv::Mat read_picture(const std::string& path);

/// The same pixels as a frame; `picture` must stay.
FrameView view_of(const cv::Mat& picture);

/// Whole or not at all; the name's extension says the kind. Throws Error(Fault::input) when it cannot be written,
/// Error(Fault::usage) for an unknown kind.
void write_picture(const std::string& path, const cv::Mat& picture);

}  // namespace flashcell::app
