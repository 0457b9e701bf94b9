#pragma once
#include <cstdint>
#include <string>

#include "host/source/frame_layout.hpp"

namespace flashcell::host {

/// Lays out a file of `file_bytes` bytes as frames of a stated geometry. `grey`: deliver a mosaic as grey8 instead of
/// bgr8. Throws Error(Fault::usage) for a geometry that makes no sense, Error(Fault::input) when not even one frame
/// fits; a rest that is no whole frame is told of in FrameLayout::damage.
FrameLayout lay_out_raw(const RawGeometry& geometry, uint64_t file_bytes, const std::string& name, bool grey);

}  // namespace flashcell::host
