#pragma once
#include <string>

#include "host/source/frame_layout.hpp"

namespace flashcell::host {

/// Reads a Phantom .cine recording's headers (Vision Research, "Cine File Format"; offsets as in the public readers
/// pims and FFmpeg). Grey of 8, 10 (packed), 12 (packed) and 16 bits, and 24-bit colour. Frame times come from the
/// tagged time block, ns since 1970; frame numbers count the file's images from 0. 8-, 16- and 24-bit rows are
/// bottom-up when biHeight is positive, as in a BMP; packed ones are always top-down. Samples are the camera's: no
/// black and white level, flip or rotation from its display settings is applied.
///
/// `name`: for messages. Throws Error(Fault::input) when it is no such recording; damaged and
/// missing frames are left out and told of in FrameLayout::damage.
FrameLayout read_cine(const RandomReader& file, const std::string& name);

}  // namespace flashcell::host
