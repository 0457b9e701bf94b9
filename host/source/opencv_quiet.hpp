#pragma once

namespace flashcell::host {

/// Keeps OpenCV's and FFmpeg's own lines off stderr; call before the first of their functions. A user who sets
/// OPENCV_LOG_LEVEL or OPENCV_FFMPEG_LOGLEVEL keeps that.
void quiet_opencv();

}  // namespace flashcell::host
